import type { CommandGrammar, Grammar, OptionGrammar, ValueGrammar } from './grammar.ts';

export function fishScript({ commands }: Grammar): string {
	const top = commands.filter(({ path }) => !path.includes(' '));
	const nested = commands.filter(({ path }) => path.includes(' '));
	return `# Completion of flagdl for fish: flagdl completion fish > ~/.config/fish/completions/flagdl.fish
function __flagdl_command
	set -l words (commandline -opc)
	set -l path get
	if contains -- "$words[2]" ${top.map(({ path }) => path).join(' ')}
		set path $words[2]
	end
	if contains -- "$path $words[3]" ${nested.map(({ path }) => quote(path)).join(' ')}
		set path "$path $words[3]"
	end
	echo $path
end
function __flagdl_is
	test (__flagdl_command) = "$argv"
end
${top.map(({ path, summary }) => `complete -c flagdl -n __fish_is_first_token -a ${path} -d ${quote(summary)}`).join('\n')}
complete -c flagdl -n __fish_is_first_token -a help -d 'print the help of a command'
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, options, words }: CommandGrammar): readonly string[] {
	const condition = `complete -c flagdl -n ${quote(`__flagdl_is ${path}`)}`;
	const own = words.length === 0 ? [] : [`${condition} -a ${quote(words.join(' '))}`];
	return [...options.map((option) => `${condition} ${optionOf(option)}`), ...own];
}

function optionOf({ short, long, description, value }: OptionGrammar): string {
	const names = [short && `-s ${short.slice(1)}`, `-l ${long.slice(2)}`].filter(Boolean).join(' ');
	return [names, ...parameterOf(value), `-d ${quote(description)}`].join(' ');
}

function parameterOf(value: ValueGrammar | undefined): readonly string[] {
	if (value === undefined || value.isOptional) {
		return [];
	}
	const words = value.words.length === 0 ? [] : [`-a ${quote(value.words.join(' '))}`];
	switch (value.files) {
		case 'directories':
			return [`-x -a '(__fish_complete_directories)'`];
		case 'all':
			return ['-r -F', ...words];
		case 'none':
			return ['-x', ...words];
	}
}

function quote(text: string): string {
	return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
