import { ReportError, ReportFile } from '../reporters/files/report-file.ts';
import { throwAll, UsageError } from '../util/errors.ts';

/** Reports that are written when all is over. */
export interface ReportFiles<Content extends readonly unknown[]> {
	/** @throws {ReportError | AggregateError} When some can no longer be written; the others are. */
	write(...content: Content): Promise<void>;
	/** As if they had never been; without effect on those that are written. */
	discard(): void;
}

export interface WantedReport<Content extends readonly unknown[]> {
	/** Absolute. */
	readonly path: string;
	/** The option that names no other file: then it is wrong if there can be no such file. */
	readonly option?: string;
	readonly render: (...content: Content) => string | Promise<string>;
}

/**
 * Makes sure that every report can be written, before anything runs.
 *
 * @param signal - Ends the waiting for the reader of a pipe.
 * @throws {ReportError | UsageError} When there can be no such file.
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
