import { formatBytes, plural } from '../../reporters/format.ts';
import type { Measured } from '../results.ts';

/** What was measured, in a line. */
export function title({ work, rounds, quick, runs }: Measured): string {
	const { files, scenario } = work;
	const bytes = files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
	const size = files.every((file) => file.bytes !== undefined) ? ` (${formatBytes(bytes)})` : '';
	const from =
		scenario === undefined
			? 'from your server'
			: `scenario ${scenario.name}: ${scenario.description}`;
	const much = `${plural(rounds, 'round')}${quick ? ' (quick)' : ''}, ${plural(runs.length, 'run')}`;
	return `${plural(files.length, 'file')}${size}, ${much}, ${from}`;
}
