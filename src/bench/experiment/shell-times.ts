import type { Command } from '../../util/child-process.ts';

/** Runs a program, forwards SIGTERM, and prints the POSIX `times` at its end. */
const SCRIPT =
	'"$@" & child=$!; trap \'kill $child; wait $child\' TERM; wait $child; code=$?; times >&2; exit $code';

/** Wraps a command in a shell that measures its processor time, which Node does not do for children. */
export function withTimes(command: Command): Command {
	return { ...command, file: 'sh', args: ['-c', SCRIPT, 'sh', command.file, ...command.args] };
}

/** Two lines of user and system time, the second of the children. */
const TIMES = /^\d+m[\d.]+s \d+m[\d.]+s\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n?$/m;

/** @returns Processor time in milliseconds, if the log has it. */
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

export function withoutTimes(log: string): string {
	return log.replace(TIMES, '');
}
