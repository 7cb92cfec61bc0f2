import type { TcpAddress } from '../../finder/find-over-tcp.ts';
import type { FoundCountries, FoundCountry } from '../../finder/search.ts';
import { FinderError } from '../../finder/search.ts';
import { urlProblem } from '../../targets/url.ts';
import { CannotRunError, systemReason, UsageError } from '../../util/errors.ts';
import { hasCutUserInfo } from '../../util/secrets.ts';
import { explainInput } from '../../util/suggest.ts';
import { codePointName, printable, quoteUrl } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io, Terminal } from '../io.ts';
import type { FindFlags } from './command.ts';

/**
 * @returns 1 if nothing matches, as grep does.
 * @throws {UsageError} If the words or the server are invalid.
 * @throws {CannotRunError} If the server cannot be reached, or does not respond.
 * @throws {Interrupted}
 */
export async function find(words: readonly string[], flags: FindFlags, io: Io): Promise<ExitCode> {
	const query = queryOf(words);
	const server = flags.server === 'LOCAL' ? undefined : flags.server;

	try {
		const search = await (flags.tcp === true ? openTcp : openHttp)(server);
		const found = search.ask(query, io.interrupted);
		const count = await printFound(found, flags.codes === true, io).finally(search.close);
		if (count === 0) {
			io.stderr.write(`No match for '${query}'\n`);
		} else if (io.stderr.isTTY === true) {
			io.stderr.write(`${plural(count, 'match', 'matches')} for '${query}'\n`);
		}
		return count > 0 ? EXIT.ok : EXIT.incomplete;
	} catch (error) {
		throw error instanceof FinderError
			? new CannotRunError(error.message, { cause: error })
			: error;
	}
}

/** A running server, and how to query it. */
interface Search {
	readonly ask: (query: string, signal: AbortSignal) => FoundCountries;
	/** Stops the server if it was started for the search. */
	readonly close: () => Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * @param server - Absent: the bundled server is started.
 * @throws {UsageError} If it is no valid address.
 * @throws {FinderError} If the bundled server does not start.
 */
async function openHttp(server: string | undefined): Promise<Search> {
	const named = server === undefined ? undefined : parseHttpServer(server);
	const { findOverHttp } = await import('../../finder/find-over-http.ts');
	if (named !== undefined) {
		return { ask: (query, signal) => findOverHttp(named, query, signal), close: async () => {} };
	}

	const { startServerInThread } = await import('../../server/start-in-thread.ts');
	const started = await startServerInThread().catch(cannotStart);
	return {
		ask: (query, signal) => findOverHttp(new URL(started.url), query, signal),
		close: () => started.stop(),
	};
}

async function openTcp(server: string | undefined): Promise<Search> {
	const named = server === undefined ? undefined : parseTcpServer(server);
	const { findOverTcp } = await import('../../finder/find-over-tcp.ts');
	if (named !== undefined) {
		return { ask: (query, signal) => findOverTcp(named, query, signal), close: async () => {} };
	}

	const { startFinder } = await import('../../server/finder/start-finder.ts');
	const started = await startFinder({ port: 0, host: LOOPBACK }).catch(cannotStart);
	const address = { host: LOOPBACK, port: started.port };
	return {
		ask: (query, signal) => findOverTcp(address, query, signal),
		close: () => started.close(),
	};
}

function cannotStart(cause: unknown): never {
	throw new FinderError(`the bundled server does not start: ${systemReason(cause)}`, { cause });
}

/** Longest query that servers accept. */
const MAX_QUERY_BYTES = 1024;

/** @throws {UsageError} If the words are no valid query; the rules are the same for HTTP and TCP. */
export function queryOf(words: readonly string[]): string {
	const query = words.join(' ').trim();
	const bad = (found: string, allowed: string) =>
		new UsageError(`<words>: ${explainInput(found, allowed)}`);
	if (query === '') {
		throw bad('nothing but space', "the beginning of a country's name, capital or code");
	}
	const control = /\p{Cc}/u.exec(query)?.[0];
	if (control !== undefined) {
		const name = codePointName(control);
		throw bad(`the control character ${name}`, 'letters, digits and punctuation');
	}
	const bytes = Buffer.byteLength(query);
	if (bytes > MAX_QUERY_BYTES) {
		throw bad(`${bytes} bytes`, `${MAX_QUERY_BYTES} at most; use fewer words`);
	}
	return query;
}

/** @throws {UsageError} */
export function parseHttpServer(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (/^https?:\/\//i.test(text) && (url === undefined || hasCutUserInfo(text))) {
		throw new UsageError(`--server: ${urlProblem(text)}`);
	}
	if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
		throw new UsageError(
			`--server: ${explainInput(quoteUrl(text), 'a URL such as http://127.0.0.1:8000; with --tcp host:port')}`,
		);
	}
	return url;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Reads `host:port`, `[::1]:2323` or `tcp://host:port`. @throws {UsageError} */
export function parseTcpServer(text: string): TcpAddress {
	const written = SCHEME.test(text) ? text : `tcp://${text}`;
	const url = URL.canParse(written) ? new URL(written) : undefined;
	if (url?.protocol !== 'tcp:' || url.hostname === '' || !(Number(url.port) > 0)) {
		throw new UsageError(
			`--server: ${explainInput(quoteUrl(text), 'with --tcp host:port (1 to 65535) such as 127.0.0.1:2323, the --finder-port of flagdl serve; without it a URL')}`,
		);
	}
	return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}

/**
 * Prints matches as they arrive, and stops when the reader has gone (`| head`).
 *
 * @returns The number of matches printed.
 */
export async function printFound(
	parts: FoundCountries,
	codesOnly: boolean,
	{ stdout, interrupted }: Pick<Io, 'stdout' | 'interrupted'>,
): Promise<number> {
	const columns = { name: 0 };
	const codeLine = ({ code }: FoundCountry) => `${code}\n`;
	const line = codesOnly ? codeLine : stdout.isTTY === true ? alignedLine : factsLine;
	let count = 0;

	// EPIPE is also emitted as an event; unhandled, it would crash the process.
	stdout.once('error', () => {});
	for await (const countries of parts) {
		count += countries.length;
		columns.name = Math.max(columns.name, ...countries.map(({ name }) => name.length));
		const text = countries.map((country) => line(country, columns.name)).join('');
		if (text !== '' && !(await write(stdout, text, interrupted))) {
			break;
		}
	}
	return count;
}

function factsLine({ code, name, capital }: FoundCountry): string {
	return `${code}\t${printable(name)}\t${printable(capital)}\n`;
}

/** Aligned columns for a terminal; programs get TABs. Later pages may need a wider column. */
function alignedLine({ code, name, capital }: FoundCountry, nameWidth: number): string {
	const line = `${code}  ${printable(name).padEnd(nameWidth)}  ${printable(capital)}`;
	return `${line.trimEnd()}\n`;
}

/**
 * Waits until the text is written, so that a slow reader slows the search down.
 *
 * @returns False if the reader has gone.
 */
function write(stdout: Terminal, text: string, signal: AbortSignal): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const abort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', abort, { once: true });
		stdout.write(text, (error) => {
			signal.removeEventListener('abort', abort);
			resolve(error === null || error === undefined);
		});
	});
}
