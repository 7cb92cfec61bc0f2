import type { CommandGrammar, Grammar, OptionGrammar } from './grammar.ts';

export function zshScript({ commands }: Grammar): string {
	const top = commands.filter(({ path }) => !path.includes(' '));
	const nested = commands.filter(({ path }) => path.includes(' '));
	const described = top.map(({ path, summary }) => quote(`${path}:${summary}`)).join(' ');
	return `#compdef flagdl
# Completion of flagdl for zsh: flagdl completion zsh > "\${fpath[1]}/_flagdl"
_flagdl() {
	local command=get
	local -a commands=(${described} 'help:print the help of a command')
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
${commands.map(caseOf).join('\n')}
	esac
}
if [[ $funcstack[1] == _flagdl ]]; then
	_flagdl "$@"
else
	compdef _flagdl flagdl
fi
`;
}

function caseOf({ path, options, words }: CommandGrammar): string {
	const specs = options.flatMap(specsOf);
	const rest = words.length === 0 ? '*:file:_files' : `*:word:(${words.join(' ')})`;
	return `\t\t${quote(path)})
			_arguments -s -S ${[...specs, rest].map(quote).join(' \\\n\t\t\t\t')}
			;;`;
}

/** In the form of `_arguments`. */
function specsOf({ short, long, description, isRepeatable, value }: OptionGrammar): string[] {
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

function quote(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}
