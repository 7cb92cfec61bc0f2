import type { Scenario } from '../../scenarios/scenario.ts';
import type { ContentSource } from '../../server/content/content-source.ts';
import { shellWord } from '../../util/shell.ts';
import { jsonText } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import type { Io } from '../io.ts';

export interface Ready {
	readonly url: string;
	readonly pid: number;
	readonly scenario: Scenario;
	readonly finderPort: number | undefined;
	/** As given on the command line, and what it contains. */
	readonly root?: string | undefined;
	readonly source?: ContentSource | undefined;
	/** Origin of the upstream service. */
	readonly upstream?: string | undefined;
	/** CA file for clients, with `--tls`. */
	readonly caFile?: string | undefined;
}

/** Announces that the server is ready: in words on a terminal, otherwise as one line of JSON. */
export function announce(ready: Ready, { stdout }: Io): void {
	const { url, pid, scenario, finderPort, root, source, upstream, caFile } = ready;
	if (stdout.isTTY !== true) {
		const line = {
			event: 'ready',
			url,
			pid,
			scenario: scenario.name,
			seed: scenario.seed,
			...(source !== undefined && { root, files: source.files.paths.length }),
			...(upstream !== undefined && { upstream }),
			...(finderPort !== undefined && { finderPort }),
			...(caFile !== undefined && { caFile }),
		};
		stdout.write(`${jsonText(line)}\n`);
		return;
	}

	const count = source?.files.paths.length;
	const ownFiles = count === undefined ? '249 flags' : `${plural(count, 'file')} of ${root}`;
	const what = upstream ?? ownFiles;
	stdout.write(`Serving ${what} on ${url} (scenario ${scenario.name}, seed ${scenario.seed})\n\n`);
	const trust = caFile === undefined ? '' : ` --cacert ${shellWord(caFile)}`;
	const things = [
		...(source === undefined && upstream === undefined
			? [
					[`${url}/`, 'browse and search'],
					[`${url}/flags/br/br.gif`, 'a flag'],
				]
			: (source?.files.paths ?? []).slice(0, 1).map((path) => [url + path, 'a file'])),
		[`${url}/__flagdl/log`, 'the last requests'],
		...(source === undefined && upstream === undefined
			? [[`flagdl get -s ${url}/flags${trust}`, 'download from it']]
			: []),
		...(caFile === undefined ? [] : [[caFile, 'what clients are to trust (curl --cacert)']]),
		...(finderPort === undefined
			? []
			: [[`nc ${new URL(url).hostname.replace(/^\[|\]$/g, '')} ${finderPort}`, 'search by lines']]),
	];
	const width = Math.max(...things.map(([thing = '']) => thing.length));
	for (const [thing = '', what] of things) {
		stdout.write(`  ${thing.padEnd(width)}  ${what}\n`);
	}
	stdout.write('\nCtrl-C stops it.\n');
}
