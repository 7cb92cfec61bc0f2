import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, startProcess } from '../helpers/flagdl.ts';
import { CURL_ANSWERS } from './curl-answers.ts';
import { sendOddAnswer } from './odd-answers.ts';
import { isInstalled } from './programs.ts';
import { bytesOf, type RawOrigin, startRawOrigin } from './raw-origin.ts';

const ANSWERS = Object.entries(CURL_ANSWERS);

const STRATEGIES = ['async', 'threads', 'sequential'] as const;

/** The result of flagdl if it differs from that of curl, and the reason. */
interface Difference {
	/** Failure code, or `ok`. */
	readonly code: string;
	readonly reason: string;
}

const DIFFERENCES: Readonly<Record<string, Difference>> = {
	'status line: 204 without a length': {
		code: 'empty_body',
		reason: 'RFC 9110, 15.3.5: the response has no content, so an empty file is not what it says',
	},
	'length: the end of the connection and nothing': {
		code: 'empty_body',
		reason: 'bytes lost: a connection that ends before the content does looks the same',
	},
	'length: the same length twice': {
		code: 'ambiguous_framing',
		reason: 'RFC 9110, 8.6: reject the message, or use one length; what doubles it is broken',
	},
	'length: two lengths': {
		code: 'ambiguous_framing',
		reason: 'RFC 9112, 6.3: the user agent MUST discard the response; curl saves 5 bytes of 12',
	},
	'chunks: no chunk but the last': {
		code: 'empty_body',
		reason: 'bytes lost: a program that fails before its first byte leaves the same behind',
	},
	'coding: gzip in two members': {
		code: 'ok',
		reason: 'RFC 1952, 2.2: members follow one another; curl fails after the first',
	},
	'coding: gzip that is cut off': {
		code: 'content_encoding',
		reason: 'bytes lost: curl takes what it has decoded so far for all',
	},
	'coding: a charset': {
		code: 'ok',
		reason: 'bytes lost: the content is in no coding, and curl refuses it',
	},
	'range: 206 with a part': {
		code: 'bad_range',
		reason: 'RFC 9110, 15.3.7: the content is a part; curl saves it as the file',
	},
	'caching: 304 that was not asked for': {
		code: 'http_304',
		reason: 'RFC 9110, 15.4.5: 304 answers conditional requests alone; curl saves an empty file',
	},
	'caching: a digest that is wrong': {
		code: 'digest_mismatch',
		reason: 'bytes lost: they are not those that RFC 9530 vouches for',
	},
	'redirect: 302 without a location': {
		code: 'bad_redirect',
		reason: 'bytes lost: RFC 9110, 15.4.3: the content is a note, and the file is elsewhere',
	},
};

/** Serves each path that is a number with the response of that number, and the targets of redirects. */
async function startOrigin(): Promise<RawOrigin> {
	const origin: RawOrigin = await startRawOrigin((socket, { path }) => {
		const [, answer] = ANSWERS[Number(path.slice(1))] ?? [];
		const [, links] = /^\/chain\/(\d)$/.exec(path) ?? [];
		if (answer !== undefined) {
			const text = answer.bytes.toString('latin1');
			const placed = text.replace('HOST', new URL(origin.url).host).replace('SELF', path);
			sendOddAnswer(socket, { ...answer, bytes: Buffer.from(placed, 'latin1') });
		} else if (path.includes('echo')) {
			// The content is the requested URL, since both clients must request the same.
			const asked = path.replace(/%../g, (code) => code.toUpperCase());
			socket.write(bytesOf(['HTTP/1.1 200 OK', `Content-Length: ${asked.length}`], asked));
		} else if (links !== undefined) {
			const next = links === '1' ? '/echo/chain' : `/chain/${Number(links) - 1}`;
			socket.write(bytesOf(['HTTP/1.1 302 X', `Location: ${next}`, 'Content-Length: 0']));
		} else {
			socket.write(bytesOf(['HTTP/1.1 403 No', 'Content-Length: 0']));
		}
	});
	return origin;
}

/** By number of the response: the content that a client saved, or the name of its failure. */
type Results = ReadonlyMap<number, Buffer | string>;

async function runCurl(folder: string, { url }: RawOrigin): Promise<Results> {
	const lines = ANSWERS.map((_, index) => `url = "${url}/${index}"\noutput = "curl-${index}"\n`);
	await writeFile(join(folder, 'curl-list'), lines.join(''));
	const { stdout } = await startProcess(
		'curl',
		[
			...'-q --silent --location --compressed --fail --max-time 5'.split(' '),
			...'--proto-redir =http,https --parallel --parallel-immediate --config curl-list'.split(' '),
			...['--write-out', '%{filename_effective} %{exitcode}\n'],
		],
		folder,
	).ended;
	const ended = [...stdout.matchAll(/^curl-(\d+) (\d+)$/gm)];
	return await resultsOf(
		ended.map(([, index, code]) => [Number(index), code === '0' ? undefined : `curl ${code}`]),
		join(folder, 'curl-'),
	);
}

async function runFlagdl(folder: string, { url }: RawOrigin, strategy: string): Promise<Results> {
	await writeFile(
		join(folder, 'list'),
		ANSWERS.map((_, i) => `${url}/${i}\tflagdl-${i}`).join('\n'),
	);
	const [node, bin] = FLAGDL;
	const args = `-i list -d ${strategy} --strategy ${strategy} --threads 2`.split(' ');
	const more = '--compressed --retry 0 --max-time 5s --json'.split(' ');
	const { stdout } = await startProcess(node, [bin, ...args, ...more], folder).ended;
	const outcomes = stdout
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as { type: string; id: string; error?: { code: string } })
		.filter(({ type }) => type === 'outcome');
	return await resultsOf(
		outcomes.map(({ id, error }) => [Number(new URL(id).pathname.slice(1)), error?.code]),
		join(folder, strategy, 'flagdl-'),
	);
}

async function resultsOf(
	ended: readonly (readonly [index: number, failure: string | undefined])[],
	prefix: string,
): Promise<Results> {
	const results = ended.map(async ([index, failure]) => {
		// Some versions of curl create no file for empty content.
		const saved = async () => await readFile(`${prefix}${index}`).catch(() => Buffer.alloc(0));
		return [index, failure ?? (await saved())] as const;
	});
	return new Map(await Promise.all(results));
}

function areSame(one: Buffer | string | undefined, other: Buffer | string | undefined): boolean {
	return one instanceof Buffer && other instanceof Buffer
		? one.equals(other)
		: typeof one === 'string' && typeof other === 'string';
}

function shown(found: Buffer | string | undefined): string {
	return typeof found === 'string' ? found : `${found?.length} bytes`;
}

describe.skipIf(!isInstalled('curl', '--version'))(`${ANSWERS.length} raw answers`, () => {
	it('are for flagdl what they are for curl, but for a few that have their reasons', async ({
		folder,
	}) => {
		const origin = await startOrigin();
		const curl = await runCurl(folder, origin);

		for (const strategy of STRATEGIES) {
			const flagdl = await runFlagdl(folder, origin, strategy);
			const differing = ANSWERS.flatMap(([name], index) => {
				const [one, other] = [curl.get(index), flagdl.get(index)];
				return areSame(one, other) || name in DIFFERENCES
					? []
					: [{ name, curl: shown(one), flagdl: shown(other) }];
			});
			const codes = Object.keys(DIFFERENCES).map((name) => {
				const found = flagdl.get(ANSWERS.findIndex(([known]) => known === name));
				return [name, found instanceof Buffer ? 'ok' : found];
			});

			expect({ strategy, differing }).toEqual({ strategy, differing: [] });
			expect(codes).toEqual(Object.entries(DIFFERENCES).map(([name, { code }]) => [name, code]));
			expect(flagdl.size).toBe(ANSWERS.length);
		}
		const saved = [...curl.values()].filter((found) => found instanceof Buffer);
		expect(curl.size).toBe(ANSWERS.length);
		expect(saved.length).toBeGreaterThan(150);
		expect(Object.keys(DIFFERENCES).length).toBeLessThanOrEqual(15);
	}, 60_000);
});
