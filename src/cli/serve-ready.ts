import type { Scenario } from '../scenarios/scenario.ts';
import { jsonText } from '../util/text.ts';
import type { Io } from './io.ts';

export interface Ready {
	readonly url: string;
	readonly pid: number;
	readonly scenario: Scenario;
	readonly finderPort: number | undefined;
}

/** Says that the server answers: to people in words, to programs as one line of JSON. */
export function announce({ url, pid, scenario, finderPort }: Ready, { stdout }: Io): void {
	if (stdout.isTTY !== true) {
		const line = {
			event: 'ready',
			url,
			pid,
			scenario: scenario.name,
			seed: scenario.seed,
			...(finderPort !== undefined && { finderPort }),
		};
		stdout.write(`${jsonText(line)}\n`);
		return;
	}

	stdout.write(
		`Serving 249 flags on ${url} (scenario ${scenario.name}, seed ${scenario.seed})\n\n`,
	);
	const things = [
		[`${url}/`, 'browse and search'],
		[`${url}/flags/br/br.gif`, 'a flag'],
		[`${url}/__flagdl/log`, 'the last requests'],
		[`flagdl get -s ${url}/flags`, 'download from it'],
		...(finderPort === undefined
			? []
			: [[`nc ${new URL(url).hostname} ${finderPort}`, 'search by lines']]),
	];
	const width = Math.max(...things.map(([thing = '']) => thing.length));
	for (const [thing = '', what] of things) {
		stdout.write(`  ${thing.padEnd(width)}  ${what}\n`);
	}
	stdout.write('\nCtrl-C stops it.\n');
}
