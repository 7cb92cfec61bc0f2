import { ReportError, ReportFile } from '../reporters/files/report-file.ts';
import { throwAll, UsageError } from '../util/errors.ts';

/** Reports that are written at the end. */
export interface ReportFiles<Content extends readonly unknown[]> {
	/** @throws {ReportError | AggregateError} If some can no longer be written; the others are. */
	write(...content: Content): Promise<void>;
	/** Removes the reports that have not been written. */
	discard(): void;
}

export interface WantedReport<Content extends readonly unknown[]> {
	/** Absolute. */
	readonly path: string;
	/** The option, if it names only this file: then a path that cannot be created is a usage error. */
	readonly option?: string;
	readonly render: (...content: Content) => string | Promise<string>;
}

/**
 * Opens every report before anything runs, to make sure that it can be written.
 *
 * @param signal - Aborts the wait for the reader of a pipe.
 * @throws {ReportError | UsageError} If a file cannot be created.
 */
export function openReportFiles<Content extends readonly unknown[]>(
	wanted: readonly WantedReport<Content>[],
	signal: AbortSignal,
): ReportFiles<Content> {
	const open: (WantedReport<Content> & { readonly file: ReportFile })[] = [];
	const discard = () => {
		for (const { file } of open.splice(0)) {
			file.discard();
		}
	};
	for (const one of wanted) {
		try {
			open.push({ ...one, file: new ReportFile(one.path) });
		} catch (error) {
			discard();
			throw error instanceof ReportError && one.option !== undefined
				? new UsageError(`${one.option}: ${error.message}`, { cause: error })
				: error;
		}
	}
	return {
		async write(...content) {
			const failures: unknown[] = [];
			for (const { file, render } of open.splice(0)) {
				try {
					file.write(await render(...content));
					await file.commit(signal);
				} catch (error) {
					failures.push(error);
				}
			}
			throwAll(failures);
		},
		discard,
	};
}
