import type * as v from 'valibot';
import { explainInput, suggest } from '../util/suggest.ts';
import { jsonText } from '../util/text.ts';

type Issue = v.BaseIssue<unknown>;

/** One error in an external document. */
export interface Problem {
	/** JSON Pointer (RFC 6901); empty for the document itself. */
	readonly pointer: string;
	readonly message: string;
}

/**
 * Describes all errors in the order of the schema: what is wrong, where, and what is allowed.
 *
 * @param isSecret - Whether messages must not show the value at a pointer.
 */
export function explain(
	issues: readonly Issue[],
	isSecret: (pointer: string) => boolean = () => false,
): Problem[] {
	return issues.flatMap((issue) => problemsOf(issue, [], isSecret));
}

function problemsOf(
	issue: Issue,
	parentPath: readonly v.IssuePathItem[],
	isSecret: (pointer: string) => boolean,
): Problem[] {
	const path = [...parentPath, ...(issue.path ?? [])];
	if (issue.type === 'union') {
		// If an object nearly matches one of the shapes, report its inner errors.
		const within = closestIssues(issue);
		if (within.length > 0) {
			return within.flatMap((inner) => problemsOf(inner, path, isSecret));
		}
	}
	const key = keyOf(path.at(-1));
	if (issue.type === 'strict_object' && issue.expected === 'never') {
		const names = Array.isArray(issue.requirement) ? issue.requirement.map(String) : [];
		const message = explainInput('an unknown key', names.join(', '), suggest(key, names));
		return [{ pointer: pointerTo(path), message }];
	}
	if (isMissing(issue, path)) {
		return [{ pointer: pointerTo(path.slice(0, -1)), message: missing(issue, path.at(-1)) }];
	}
	const pointer = pointerTo(path);
	const found = isSecret(pointer) ? kindOf(issue.input) : show(issue.input);
	return [{ pointer, message: explainInput(found, ...allowed(issue)) }];
}

/** @returns The issues of the shape that matches best; none if the value is not an object. */
function closestIssues({ input, issues }: Issue): readonly Issue[] {
	if (typeof input !== 'object' || input === null || Array.isArray(input)) {
		return [];
	}
	const within = (issues ?? []).filter(({ path }) => path !== undefined);
	const known = within.filter(
		(issue) => issue.type !== 'strict_object' && issue.type !== 'variant',
	);
	return known.length > 0 ? known : within.slice(0, 1);
}

function isMissing({ input, type }: Issue, path: readonly v.IssuePathItem[]): boolean {
	const last = path.at(-1);
	const isObjectIssue = type === 'strict_object' || type === 'object' || type === 'variant';
	return isObjectIssue && input === undefined && last !== undefined;
}

/** Lists the kinds of a variant; for `{"status": 503}` it suggests `"type": "status"`. */
function missing(issue: Issue, item: v.IssuePathItem | undefined): string {
	const key = show(keyOf(item));
	if (issue.type !== 'variant') {
		return `the key ${key} is missing`;
	}
	const names = namesIn(issue);
	const kind = names.find((name) => Object.hasOwn(item?.input as object, name));
	return explainInput(`no key ${key}`, names.join(', '), kind && `${key}: ${show(kind)}`);
}

/** @returns The allowed values, and a suggestion. */
function allowed(issue: Issue): readonly [allowed: string, meant?: string | undefined] {
	const { type, input, message } = issue;
	if (type !== 'picklist' && type !== 'literal' && type !== 'variant') {
		return [message];
	}
	const names = namesIn(issue);
	return [names.join(', '), typeof input === 'string' ? suggest(input, names) : undefined];
}

function namesIn({ expected }: Issue): readonly string[] {
	const words = (expected ?? '').matchAll(/"([^"]*)"|-?[\d.]+/g);
	return Array.from(words, ([whole, word]) => word ?? whole);
}

function pointerTo(path: readonly v.IssuePathItem[]): string {
	// RFC 6901, section 3.
	return path.map((item) => `/${keyOf(item).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Documents are JSON: each key is a name or an index. */
function keyOf(item: v.IssuePathItem | undefined): string {
	const key = item?.key;
	return typeof key === 'string' || typeof key === 'number' ? String(key) : '';
}

/** Formats a value as JSON, truncated. */
function show(value: unknown): string {
	if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
		return kindOf(value);
	}
	if (typeof value === 'number' || typeof value === 'bigint') {
		return String(value);
	}
	const json = asJson(value);
	return json.length <= 60 ? json : `${json.slice(0, 57)}…`;
}

/** A value from a program may be circular. */
function asJson(value: unknown): string {
	try {
		return jsonText(value);
	} catch {
		return kindOf(value);
	}
}

export function kindOf(value: unknown): string {
	if (value === undefined || value === null) {
		return value === null ? 'null' : 'nothing';
	}
	if (Array.isArray(value)) {
		return 'a list';
	}
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
