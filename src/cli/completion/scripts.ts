import type { CommandGrammar, OptionGrammar, ValueGrammar } from './grammar.ts';

/** Works with bash 3.2, the version on macOS. */
export function bashScript(commands: readonly CommandGrammar[]): string {
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
			${nested.map(shellQuote).join('|')}) command="$command \${COMP_WORDS[2]}" ;;
		esac
	fi
	case "$command $option" in
${commands.flatMap(bashValueCases).join('\n')}
	esac
	case "$command" in
${commands.map(bashWordCase).join('\n')}
	esac
	if [[ $current != -* && $COMP_CWORD -eq 1 ]]; then
		words='${names.join(' ')}'
	fi
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# What has no word of its own is completed as a file.
complete -o default -F _flagdl flagdl
`;
}

function bashValueCases({ path, options }: CommandGrammar): readonly string[] {
	return options.flatMap((option) => {
		const patterns = namesOf(option).map((name) => shellQuote(`${path} ${name}`));
		const words = option.value?.words ?? [];
		if (option.value === undefined || (option.value.isOptional && words.length === 0)) {
			return [];
		}
		const reply =
			words.length === 0 ? '' : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current")); `;
		return [`\t\t${patterns.join('|')}) ${reply}return ;;`];
	});
}

function bashWordCase({ path, options, words }: CommandGrammar): string {
	const flags = options.flatMap(namesOf).join(' ');
	return `\t\t'${path}') if [[ $current == -* ]]; then words='${flags}'; else words='${words.join(' ')}'; fi ;;`;
}

function namesOf({ short, long }: OptionGrammar): readonly string[] {
	return short === undefined ? [long] : [short, long];
}

export function fishScript(commands: readonly CommandGrammar[]): string {
	const top = commands.filter(({ path }) => !path.includes(' '));
	const nested = commands.filter(({ path }) => path.includes(' '));
	return `# Completion of flagdl for fish: flagdl completion fish > ~/.config/fish/completions/flagdl.fish
function __flagdl_command
	set -l words (commandline -opc)
	set -l path get
	if contains -- "$words[2]" ${top.map(({ path }) => path).join(' ')}
		set path $words[2]
	end
	if contains -- "$path $words[3]" ${nested.map(({ path }) => fishQuote(path)).join(' ')}
		set path "$path $words[3]"
	end
	echo $path
end
function __flagdl_is
	test (__flagdl_command) = "$argv"
end
${top.map(({ path, summary }) => `complete -c flagdl -n __fish_is_first_token -a ${path} -d ${fishQuote(summary)}`).join('\n')}
${commands.flatMap(fishLines).join('\n')}
`;
}

function fishLines({ path, options, words }: CommandGrammar): readonly string[] {
	const condition = `complete -c flagdl -n ${fishQuote(`__flagdl_is ${path}`)}`;
	const own = words.length === 0 ? [] : [`${condition} -a ${fishQuote(words.join(' '))}`];
	return [...options.map((option) => `${condition} ${fishOption(option)}`), ...own];
}

function fishOption({ short, long, description, value }: OptionGrammar): string {
	const names = [short && `-s ${short.slice(1)}`, `-l ${long.slice(2)}`].filter(Boolean).join(' ');
	return [names, ...fishValue(value), `-d ${fishQuote(description)}`].join(' ');
}

function fishValue(value: ValueGrammar | undefined): readonly string[] {
	if (value === undefined || value.isOptional) {
		return [];
	}
	const words = value.words.length === 0 ? [] : [`-a ${fishQuote(value.words.join(' '))}`];
	switch (value.files) {
		case 'directories':
			return [`-x -a '(__fish_complete_directories)'`];
		case 'all':
			return ['-r -F', ...words];
		case 'none':
			return ['-x', ...words];
	}
}

function fishQuote(text: string): string {
	return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

export function zshScript(commands: readonly CommandGrammar[]): string {
	const top = commands.filter(({ path }) => !path.includes(' '));
	const nested = commands.filter(({ path }) => path.includes(' '));
	const described = top.map(({ path, summary }) => shellQuote(`${path}:${summary}`)).join(' ');
	return `#compdef flagdl
# Completion of flagdl for zsh: flagdl completion zsh > "\${fpath[1]}/_flagdl"
_flagdl() {
	local command=get
	local -a commands=(${described})
	if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
		_describe -t commands 'command' commands && return
		_files
		return
	fi
	if [[ $words[2] == (${top.map(({ path }) => path).join('|')}) ]]; then
		command=$words[2]
		shift words
		(( CURRENT-- ))
	fi
	if (( CURRENT > 2 )) && [[ "$command $words[2]" == (${nested.map(({ path }) => path.replaceAll(' ', '\\ ')).join('|')}) ]]; then
		command="$command $words[2]"
		shift words
		(( CURRENT-- ))
	fi
	case $command in
${commands.map(zshCase).join('\n')}
	esac
}
if [[ $funcstack[1] == _flagdl ]]; then
	_flagdl "$@"
else
	compdef _flagdl flagdl
fi
`;
}

function zshCase({ path, options, words }: CommandGrammar): string {
	const specs = options.flatMap(zshSpecs);
	const rest = words.length === 0 ? '*:file:_files' : `*:word:(${words.join(' ')})`;
	return `\t\t${shellQuote(path)})
			_arguments -s -S ${[...specs, rest].map(shellQuote).join(' \\\n\t\t\t\t')}
			;;`;
}

/** Formatted for `_arguments`. */
function zshSpecs({ short, long, description, isRepeatable, value }: OptionGrammar): string[] {
	const explained = `[${description.replaceAll(/[[\]\\]/g, '\\$&')}]`;
	const star = isRepeatable ? '*' : '';
	if (value === undefined) {
		return [...(short === undefined ? [] : [short]), long].map(
			(name) => `${star}${name}${explained}`,
		);
	}
	const files = { none: ' ', all: '_files', directories: '_files -/' }[value.files];
	const action = value.words.length === 0 ? files : `(${value.words.join(' ')})`;
	const message = `${value.isOptional ? '::' : ':'}${value.name.replaceAll(':', '\\:')}:${action}`;
	return [
		...(short === undefined ? [] : [`${star}${short}+${explained}${message}`]),
		`${star}${long}=${explained}${message}`,
	];
}

function shellQuote(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}
