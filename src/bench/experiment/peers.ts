import type { Command } from '../../util/child-process.ts';
import type { Contestant, Task, WorkTarget } from './contestant.ts';
import { withTimes } from './contestant.ts';

export type PeerName = 'curl' | 'aria2c' | 'wget2' | 'xargs';

interface Peer {
	readonly name: string;
	readonly programs: readonly string[];
	readonly args: (task: Task) => readonly string[];
	readonly fileOf?: (target: WorkTarget) => string;
}

/** Each has retries, time limits and connections as close to `flagdl get` as its options allow. */
export const PEERS: Readonly<Record<PeerName, Peer>> = {
	curl: {
		name: 'curl',
		programs: ['curl'],
		args: ({ concurrency, lists, caFile }) => [
			'--disable',
			...['--parallel', '--parallel-max', String(concurrency), '--no-progress-meter'],
			...CURL_LIMITS,
			...trusting('--cacert', caFile),
			...['--config', lists.write('curl.conf', curlEntry)],
		],
	},
	aria2c: {
		name: 'aria2c',
		programs: ['aria2c'],
		args: ({ concurrency, lists, caFile }) => [
			'--no-conf',
			...trusting('--ca-certificate', caFile),
			...['--max-concurrent-downloads', String(concurrency), '--split=1', '--file-allocation=none'],
			...['--max-tries=4', '--retry-wait=1', '--connect-timeout=10', '--timeout=15'],
			...['--console-log-level=error', '--summary-interval=0', '--download-result=hide'],
			...['--input-file', lists.write('aria2c.txt', ({ url, name }) => `${url}\n  out=${name}\n`)],
		],
	},
	wget2: {
		name: 'wget2',
		programs: ['wget2'],
		args: ({ concurrency, lists, caFile }) => [
			'--no-config',
			...trusting('--ca-certificate', caFile),
			...['--max-threads', String(concurrency), '--tries=4', '--progress=none'],
			...['--connect-timeout=10', '--read-timeout=15', '--no-robots', '--no-http2', '--quiet'],
			...['--force-directories', '--no-host-directories'],
			...['--input-file', lists.write('urls.txt', ({ url }) => `${url}\n`)],
		],
		fileOf: ({ url }) => decodeURIComponent(new URL(url).pathname.slice(1)),
	},
	xargs: {
		name: 'xargs curl',
		programs: ['xargs', 'curl'],
		args: ({ concurrency, lists, caFile }) => [
			...['-a', lists.write('xargs.txt', ({ url, name }) => `${name}\n${url}\n`)],
			...['-d', '\\n', '-n', '2', '-P', String(concurrency)],
			...['curl', '--disable', ...CURL_LIMITS, ...trusting('--cacert', caFile), '--output'],
		],
	},
};

function trusting(option: string, caFile: string | undefined): readonly string[] {
	return caFile === undefined ? [] : [option, caFile];
}

const CURL_LIMITS = [
	...['--silent', '--show-error', '--fail', '--create-dirs'],
	...['--retry', '3', '--retry-all-errors', '--connect-timeout', '10'],
	...['--speed-limit', '100', '--speed-time', '30'],
];

/** @param program - Absolute path of its first program. */
export function peerContestant(
	peer: PeerName,
	program: string,
	{ concurrencies, env }: Pick<Contestant, 'concurrencies'> & Pick<Command, 'env'>,
): Contestant {
	const { name, args, fileOf } = PEERS[peer];
	return {
		name,
		kind: 'peer',
		concurrencies,
		...(fileOf !== undefined && { fileOf }),
		command: (task) => withTimes({ file: program, args: args(task), cwd: task.outputDir, env }),
	};
}

function curlEntry({ url, name }: WorkTarget): string {
	return `url = ${quoted(url)}\noutput = ${quoted(name)}\n`;
}

/** A name may contain spaces, quotes and backslashes. */
function quoted(text: string): string {
	return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
