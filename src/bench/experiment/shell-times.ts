import type { Command } from '../../util/child-process.ts';

/** Runs a program, hands signals on, and ends with what POSIX `times` says of it. */
const SCRIPT =
	'"$@" & child=$!; trap \'kill $child; wait $child\' TERM; wait $child; code=$?; times >&2; exit $code';

/** The same command in a shell that measures processor time: Node does not for its children. */
export function withTimes(command: Command): Command {
	return { ...command, file: 'sh', args: ['-c', SCRIPT, 'sh', command.file, ...command.args] };
}

/** Two lines, the second of the children: user and system time. */
const TIMES = /^\d+m[\d.]+s \d+m[\d.]+s\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n?$/m;

/** @returns Processor time in milliseconds, where the end of the log has it. */
export function timesIn(log: string): number | undefined {
	const found = TIMES.exec(log);
	if (found === null) {
		return undefined;
	}
	const [userMin, userS, systemMin, systemS] = found.slice(1).map(Number) as [
		number,
		number,
		number,
		number,
	];
	return Math.round(((userMin + systemMin) * 60 + userS + systemS) * 1000);
}

/** What the program itself said. */
export function withoutTimes(log: string): string {
	return log.replace(TIMES, '');
}
