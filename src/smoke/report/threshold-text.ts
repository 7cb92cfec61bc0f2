import type { Paint } from '../../reporters/output.ts';
import { printable } from '../../util/text.ts';
import type { SmokeThreshold } from './smoke-event.ts';
import { nameOf } from './words.ts';

/** A verdict, the threshold, and the runs that led to it: all of them where it did not pass. */
export function thresholdText(
	{ text, why, verdict, runs }: Omit<SmokeThreshold, 'type'>,
	paint: Paint,
): string {
	const marks = {
		pass: paint.good('pass'),
		fail: paint.bad('FAIL'),
		inconclusive: paint.strong('inconclusive'),
	};
	const worst = runs.filter((run) => run.verdict === verdict);
	const shown = verdict === 'pass' ? worst.slice(0, 1) : worst;
	const details = shown.map(({ labels, found, reason }) => {
		const because = reason === undefined ? '' : `: ${reason}`;
		return `      ${nameOf(labels)}: ${found}${because}\n`;
	});
	const reasons = why === undefined ? '' : `  ${paint.dim(printable(why))}`;
	return `${marks[verdict]}  ${printable(text)}${reasons}\n${details.join('')}`;
}
