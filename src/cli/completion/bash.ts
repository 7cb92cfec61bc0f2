import type { CommandGrammar, Grammar, OptionGrammar } from './grammar.ts';

/** Works from bash 3.2 on, which macOS has. */
export function bashScript({ commands }: Grammar): string {
	const names = commands.map(({ path }) => path).filter((path) => !path.includes(' '));
	const nested = commands.filter(({ path }) => path.includes(' ')).map(({ path }) => path);
	return `# Completion of flagdl for bash: source <(flagdl completion bash)
_flagdl() {
	local current="\${COMP_WORDS[COMP_CWORD]}" option="\${COMP_WORDS[COMP_CWORD - 1]}" command=get
	local words=''
	COMPREPLY=()
	# bash takes the = of --option=value for a word of its own.
	if [[ $current == '=' ]]; then
		current=''
	elif [[ $option == '=' ]]; then
		option="\${COMP_WORDS[COMP_CWORD - 2]}"
	fi
	if [[ $COMP_CWORD -gt 1 ]]; then
		case "\${COMP_WORDS[1]}" in
			${names.join('|')}) command="\${COMP_WORDS[1]}" ;;
		esac
	fi
	if [[ $COMP_CWORD -gt 2 ]]; then
		case "$command \${COMP_WORDS[2]}" in
			${nested.map(quoted).join('|')}) command="$command \${COMP_WORDS[2]}" ;;
		esac
	fi
	case "$command $option" in
${commands.flatMap(valueCases).join('\n')}
	esac
	case "$command" in
${commands.map(wordCase).join('\n')}
	esac
	if [[ $current != -* && $COMP_CWORD -eq 1 ]]; then
		words='${names.join(' ')} help'
	fi
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# What has no word of its own is completed as a file.
complete -o default -F _flagdl flagdl
`;
}

function valueCases({ path, options }: CommandGrammar): readonly string[] {
	return options.flatMap((option) => {
		const patterns = namesOf(option).map((name) => quoted(`${path} ${name}`));
		const words = option.value?.words ?? [];
		if (option.value === undefined || (option.value.isOptional && words.length === 0)) {
			return [];
		}
		const reply =
			words.length === 0 ? '' : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current")); `;
		return [`\t\t${patterns.join('|')}) ${reply}return ;;`];
	});
}

function wordCase({ path, options, words }: CommandGrammar): string {
	const flags = options.flatMap(namesOf).join(' ');
	return `\t\t'${path}') if [[ $current == -* ]]; then words='${flags}'; else words='${words.join(' ')}'; fi ;;`;
}

function namesOf({ short, long }: OptionGrammar): readonly string[] {
	return short === undefined ? [long] : [short, long];
}

function quoted(text: string): string {
	return `'${text}'`;
}
