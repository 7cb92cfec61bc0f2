import { readFileSync } from 'node:fs';

/** What may be saved from a URL: complete contents, one for each version; or a function of the path. */
export type Held = Buffer | readonly Buffer[] | ((path: string) => Buffer);

/** The smallest GIF: the content of test servers by default. */
export const GIF: Buffer = Buffer.from(
	'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
	'base64',
);

const byUrl = new Map<string, Held>();
const undetectables = new Map<string, string>();
const requested = new Set<string>();
const closedPorts = new Set<number>();

/**
 * Declares what a test server holds, so that the oracle can compare what is saved.
 *
 * @param url - A complete URL, or an origin (`http://127.0.0.1:40123`) for all of its URLs without an entry.
 */
export function holds(url: string, held: Held): void {
	byUrl.set(url, held);
}

/**
 * Accepts any bytes for this URL, because no client could detect that they are wrong: other bytes of the right
 * length, without a digest. The only exemption from the oracle.
 */
export function undetectable(url: string, reason: string): void {
	undetectables.set(url, reason);
}

/** Called when a test server listens: forgets what an earlier one on its port held. */
export function openPort(port: number): void {
	closedPorts.delete(port);
	for (const url of [...byUrl.keys(), ...undetectables.keys()]) {
		if (Number(new URL(url).port) === port) {
			byUrl.delete(url);
			undetectables.delete(url);
		}
	}
}

/** Called when a test server has closed: the bundled server may get its port. */
export function closePort(port: number): void {
	closedPorts.add(port);
}

/** Records a request, for runs that cannot report their targets (SIGKILL). */
export function noteRequest(url: string): void {
	requested.add(url);
}

/** Whether any bytes are accepted for this URL. */
export function isUndetectable(url: string): boolean {
	return undetectables.has(url);
}

/** The contents that may be saved for this URL. */
export function contentsOf(url: string): readonly Buffer[] {
	const { origin, pathname, search, port } = new URL(url);
	const path = `${pathname}${search}`;
	const held = byUrl.get(`${origin}${path}`) ?? byUrl.get(`${origin}${pathname}`);
	const contents = held ?? byUrl.get(origin) ?? [];
	const own = typeof contents === 'function' ? contents(path) : contents;
	const all = Buffer.isBuffer(own) ? [own] : own;
	return all.length === 0 || closedPorts.has(Number(port)) ? [...all, ...defaultOf(pathname)] : all;
}

/** Whether these bytes are the content of any requested URL, or a bundled flag under its name. */
export function isContentOfAny(content: Buffer, basename: string): boolean {
	const isHeld = [...requested].some((url) => contentsOf(url).some((held) => held.equals(content)));
	const isOfNone = [...undetectables.keys()].some((url) => url.endsWith(`/${basename}`));
	return isHeld || isOfNone || flagOf(basename)?.equals(content) === true;
}

/** For a server without a declaration: the bundled one, or one that holds the smallest GIF. */
function defaultOf(pathname: string): readonly Buffer[] {
	const flag = /^\/flags\/[a-z]{2}\/([a-z]{2}\.gif)$/.exec(pathname)?.[1];
	const bundled = flag === undefined ? undefined : flagOf(flag);
	return bundled === undefined ? [GIF] : [bundled];
}

function flagOf(basename: string): Buffer | undefined {
	const code = /^([a-z]{2})\.gif$/.exec(basename)?.[1];
	try {
		return readFileSync(new URL(`../../fixtures/flags/${code}/${code}.gif`, import.meta.url));
	} catch {
		return undefined;
	}
}
