import { escapeXml } from '../../util/text.ts';
import { formatMs } from '../report/format.ts';
import type { Measured } from '../results.ts';
import { htmlTable } from './html.ts';

/** Where it ran, and how to run it again. */
export function environmentSection(measured: Measured): string {
	const { environment, version, startedAt, endedAt, command, seed, rounds, work } = measured;
	const { node, platform, cpu, cores, memoryBytes, loadBefore, timerLatenessMs } = environment;
	const facts: readonly (readonly [string, string])[] = [
		['flagdl', version],
		['Node.js', node],
		['System', platform],
		['Processor', `${cpu}, ${cores} cores for client and server together`],
		['Memory', `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`],
		['Load before', loadBefore === undefined ? '' : loadBefore.toFixed(2)],
		['Timers', `fire ${formatMs(timerLatenessMs)} late`],
		['From, to', `${startedAt}, ${endedAt}`],
		['Rounds', `${rounds}, each cell once in each, in an order shuffled with seed ${seed}`],
		[
			'Server',
			work.scenario
				? `flagdl serve, a process of its own, scenario ${work.scenario.name}`
				: 'yours',
		],
	];
	return `<section>
<h2>Where, and how to do it again</h2>
<pre><code>${escapeXml(command)}</code></pre>
${htmlTable(
	[
		{ head: 'what', align: 'left', text: ([what]) => what },
		{ head: 'is', align: 'left', text: ([, is]) => is },
	],
	facts.filter(([, is]) => is !== ''),
)}
</section>`;
}
