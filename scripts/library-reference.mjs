// Writes docs/reference/library.md from the docstrings of what src/index.ts exports: `node scripts/library-reference.mjs`.
// With `--check` it says what typedoc has against them, and whether the page is that of the docstrings.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';
import { table } from './reference.mjs';

const root = resolve(import.meta.dirname, '..');
const file = resolve(root, 'docs/reference/library.md');

const app = await Application.bootstrap({ options: resolve(root, 'typedoc.json') });
const project = await app.convert();
if (project === undefined) {
	process.exit(1);
}
app.validate(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) {
	process.exit(1);
}
const page = pageOf(project.children);
if (!process.argv.includes('--check')) {
	writeFileSync(file, page);
} else if (readFileSync(file, 'utf8') !== page) {
	console.error('docs/reference/library.md is not what the docstrings say: npm run reference');
	process.exit(1);
}

function pageOf(exported) {
	const of = (kind) => exported.filter((one) => one.kind === kind);
	const { Function: functions, Class, Interface, TypeAlias, Variable } = ReflectionKind;
	const types = [...of(Variable), ...of(TypeAlias)].map((one) => [
		`\`${one.name}\``,
		shownType(one.type),
		inOneLine(one.comment),
	]);
	const sections = [
		`## Functions\n\n${of(functions).map(functionSection).join('\n')}`,
		`## Objects\n\n${[...of(Class), ...of(Interface)].map(objectSection).join('\n')}`,
		`## Types\n\n${table(['name', 'type', 'meaning'], types)}`,
	];
	const introduction =
		"What `import … from 'flagdl'` gives, by its docstrings; [the guide](../library.md) shows it in use. Written by `npm run reference`.";
	return `# The library\n\n${introduction}\n\n${sections.join('\n').trimEnd()}\n`;
}

function functionSection({ name, signatures }) {
	return signatures
		.map((signature) => sectionOf(name, signatureText(name, signature), signature))
		.join('\n');
}

function sectionOf(name, code, { comment, parameters = [] }) {
	const summary = textOf(comment?.summary ?? []);
	const given = parameters
		.filter((one) => one.comment !== undefined)
		.map((one) => `- \`${one.name}\`: ${textOf(one.comment.summary)}`);
	const tags = comment?.blockTags ?? [];
	const said = tags.filter(({ tag }) => tag !== '@example').map((tag) => `- ${saidBy(tag)}`);
	const examples = tags.filter(({ tag }) => tag === '@example').map((one) => textOf(one.content));
	const parts = [summary, [...given, ...said].join('\n'), ...examples];
	return [`### ${name}`, `\`\`\`ts\n${code}\n\`\`\``, ...parts.filter((part) => part !== '')]
		.join('\n\n')
		.concat('\n');
}

/** `throws TypeError: with everything …`. */
function saidBy({ tag, typeAnnotation, content }) {
	const type =
		typeAnnotation === undefined ? '' : ` \`${typeAnnotation.replace(/^\{(.*)\}$/, '$1')}\``;
	return `${tag.slice(1)}${type}: ${textOf(content).replace(/^- /, '')}`;
}

function signatureText(name, { parameters = [], type }) {
	const shown = parameters.map((one) => {
		const isOptional = one.flags.isOptional || one.defaultValue !== undefined;
		return `${one.name}${isOptional ? '?' : ''}: ${one.type}`;
	});
	return `${name}(${shown.join(', ')}): ${type}`;
}

function objectSection({ name, comment, children = [] }) {
	const rows = children
		.filter(({ inheritedFrom }) => inheritedFrom === undefined)
		.flatMap((member) => memberRows(member));
	const summary = comment === undefined ? '' : `${textOf(comment.summary)}\n\n`;
	return `### ${name}\n\n${summary}${table(['member', 'type', 'meaning'], rows)}`;
}

function memberRows({ name, flags, type, comment, signatures }) {
	if (signatures !== undefined) {
		return signatures.map((one) => [`\`${signatureText(name, one)}\``, '', inOneLine(one.comment)]);
	}
	return [[`\`${name}\`${flags.isOptional ? '?' : ''}`, shownType(type), inOneLine(comment)]];
}

/** Nothing, if only the declaration itself could tell it: what is inferred from a schema has a page of its own. */
function shownType(type) {
	const text = String(type).replaceAll(/\s+/g, ' ');
	return text.length > 150 || /typeof |\["/.test(text) ? '' : `\`${text}\``;
}

function inOneLine(comment) {
	if (comment === undefined) {
		return '';
	}
	return [textOf(comment.summary), ...comment.blockTags.map(saidBy)]
		.join(' ')
		.replaceAll(/\s+/g, ' ');
}

function textOf(parts) {
	return parts
		.map((part) => (part.kind === 'inline-tag' ? `\`${part.text}\`` : part.text))
		.join('')
		.trim();
}
