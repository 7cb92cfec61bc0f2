/** The exit codes of every command; where several apply, the order of `worst` decides. */
export const EXIT = {
	ok: 0,
	incomplete: 1,
	usage: 2,
	checkFailed: 3,
	cannotRun: 4,
	bug: 70,
	interrupted: 130,
	terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
