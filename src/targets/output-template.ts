import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { UsageError } from '../util/errors.ts';
import { shellWord } from '../util/shell.ts';
import { explainInput, suggestPlaceholder } from '../util/suggest.ts';
import { quote } from '../util/text.ts';
import { countryName } from './countries.ts';
import { cutToBytes, destination, MAX_NAME_BYTES, safeFileName, trimName } from './safe-path.ts';
import { type ParsedUrl, pathnameOf } from './url.ts';

/** Source of the fields of a template. */
interface OutputSubject {
	/** In upper case; absent for a URL. */
	readonly code?: string | undefined;
	readonly place: ParsedUrl;
	/** Position in the list, from 0. */
	readonly index: number;
}

/**
 * @returns A path below the output directory.
 * @throws {UsageError} If a field is empty or does not apply, or the path is not safe.
 */
export type OutputTemplate = (subject: OutputSubject) => string;

type Field = (subject: OutputSubject) => string;

const FIELDS: Readonly<Record<string, Field>> = {
	cc: (subject) => codeOf(subject, 'cc').toLowerCase(),
	CC: (subject) => codeOf(subject, 'CC'),
	name: (subject) => filled(safeFileName(countryName(codeOf(subject, 'name'))), subject, 'name'),
	host: ({ place }) => new URL(place.origin).hostname.replaceAll(/[[\]:]/g, '_'),
	path: (subject) => filled(pathOf(subject.place), subject, 'path'),
	basename: (subject) => filled(basenameOf(subject.place), subject, 'basename'),
	stem: (subject) => filled(stemOf(subject.place), subject, 'stem'),
	ext: ({ place }) => extname(basenameOf(place) ?? ''),
	query: (subject) => filled(queryOf(subject.place), subject, 'query'),
	// Depends only on the URL, so that reordering a list keeps the names. The URL of a flag contains the
	// port of its server, so the code is hashed instead.
	hash: ({ code, place }) =>
		createHash('sha256')
			.update(code ?? place.href)
			.digest('hex')
			.slice(0, 8),
	// Counted from 1.
	index: ({ index }) => `${index + 1}`,
};

/**
 * Parses a template such as `{host}/{index}-{basename}`. Field values are made safe first, so that only the
 * template itself and `{path}` can create folders, and only below the output directory.
 *
 * @throws {UsageError} If a field is unknown, or if all targets would have the same name.
 */
export function outputTemplate(text: string): OutputTemplate {
	const template = text.replace(/^(?:\.\/+)+(?=.)/, '');
	const parts = template.split(/\{([^{}]*)\}/);
	const fields = parts.filter((_, index) => index % 2 === 1);
	const unknown = fields.find((name) => !Object.hasOwn(FIELDS, name));
	if (unknown !== undefined) {
		throw new UsageError(
			explainInput(
				`{${unknown}} in ${quote(template)}`,
				Object.keys(FIELDS)
					.map((name) => `{${name}}`)
					.join(' '),
				suggestPlaceholder(unknown, Object.keys(FIELDS)),
			),
		);
	}

	refuseParts(template);
	const shortened = [...parts.keys()].filter(
		(index) => index % 2 === 1 && SHORTENED.has(parts[index] ?? ''),
	);
	return (subject) => {
		const filledIn = parts.map((part, index) =>
			index % 2 === 1 ? (FIELDS[part]?.(subject) ?? '') : part,
		);
		return destination(withRoom(filledIn, shortened));
	};
}

/** Fields that are truncated in long names, so that `{stem}-{hash}{ext}` works for any URL. */
const SHORTENED = new Set(['stem', 'query']);

/** @param fields - Indexes of fields to truncate, longest first, if the file name is too long. */
function withRoom(parts: readonly string[], fields: readonly number[]): string {
	let path = parts.join('');
	if (fields.length === 0) {
		return path;
	}
	let shorter = parts;
	const sizeOf = (index: number) => Buffer.byteLength(parts[index] ?? '');
	const start = parts.findLastIndex((part) => part.includes('/'));
	const ofName = fields.filter((index) => index > start);
	for (const index of ofName.sort((one, other) => sizeOf(other) - sizeOf(one))) {
		const tooMany = Buffer.byteLength(path.slice(path.lastIndexOf('/') + 1)) - MAX_NAME_BYTES;
		if (tooMany <= 0) {
			break;
		}
		const room = Math.max(0, sizeOf(index) - tooMany);
		shorter = shorter.with(index, cutToBytes(parts[index] ?? '', room));
		// The cut may leave a dot or a space at the end.
		path = trimName(shorter.join(''));
	}
	return path;
}

/** Refuses templates that yield an invalid path whatever the fields are. */
function refuseParts(template: string): void {
	const parts = template.split(/[\\/]/);
	const name = parts.at(-1) ?? '';
	const file = /^\.{0,2}$/.test(name) ? '' : name;
	const folder = template.slice(0, template.length - file.length).replace(/([^:])[\\/]$/, '$1');
	const rest = file === '' ? '' : ` -o ${shellWord(file)}`;
	const odd = parts.find((part) => /^\.{0,2}$/.test(part));
	const isAbsolute = /^(?:[\\/]|[a-z]:[\\/])/i.test(template);
	if (isAbsolute || parts[0] === '..') {
		const what = isAbsolute ? 'an absolute path' : 'a path that leads out';
		throw new UsageError(
			explainInput(
				`${quote(template)}, ${what}`,
				`a path below the output directory, which -d names: -d ${shellWord(folder)}${rest}`,
			),
		);
	}
	if (name === '') {
		throw new UsageError(
			explainInput(
				`${quote(template)}, which is a directory`,
				`the path of a file: -o ${shellWord(`${template}{basename}`)}, or -d for the directory`,
			),
		);
	}
	if (odd !== undefined) {
		throw new UsageError(
			explainInput(
				`${odd === '' ? 'an empty name' : quote(odd)} in ${quote(template)}`,
				'a path below the output directory, such as {host}/{basename}',
			),
		);
	}
}

function codeOf({ code, place }: OutputSubject, field: string): string {
	if (code === undefined) {
		throw new UsageError(
			explainInput(
				`{${field}} for the URL ${quote(place.href)}`,
				'fields of URLs, such as {basename}',
			),
		);
	}
	return code;
}

function filled(value: string | undefined, { code, place }: OutputSubject, field: string): string {
	if (value === undefined || value === '') {
		throw new UsageError(
			`found nothing for {${field}} in ${code ?? quote(place.href)}; give it a destination, or another --output`,
		);
	}
	return value;
}

/** Name for a URL that ends in a slash. */
const NAME_OF_FOLDER = 'index.html';

function basenameOf({ path }: ParsedUrl): string | undefined {
	const pathname = pathnameOf(path);
	const name = pathname.slice(pathname.lastIndexOf('/') + 1) || NAME_OF_FOLDER;
	return safeFileName(decode(name));
}

function stemOf(place: ParsedUrl): string | undefined {
	const basename = basenameOf(place);
	return basename?.slice(0, basename.length - extname(basename).length);
}

function queryOf({ path }: ParsedUrl): string | undefined {
	const query = path.slice(pathnameOf(path).length + 1);
	return safeFileName(decode(query).replaceAll('/', '_'));
}

function pathOf({ path }: ParsedUrl): string {
	const names = pathnameOf(path)
		.replace(/\/$/, `/${NAME_OF_FOLDER}`)
		.split('/')
		.map((part) => safeFileName(decode(part)));
	return names.filter((name) => name !== undefined).join('/');
}

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
