import { once } from 'node:events';
import { relative } from 'node:path';
import { DIGEST_ALGORITHMS } from '../../targets/digests.ts';
import { streamTargets } from '../../targets/resolve-target.ts';
import type { Target } from '../../targets/target.ts';
import { jsonText, printable } from '../../util/text.ts';
import type { Io } from '../io.ts';
import type { GetFlags } from './options.ts';
import type { Prepared } from './prepare.ts';

/**
 * `--dry-run`: a line for each target, `<url> -> <path>`, or a JSON object. Port 0 stands for the
 * one that the bundled server would get. Ends early when its output is read no more.
 */
export async function printPlan(
	{ source, plan }: Prepared,
	{ limit, json, output }: GetFlags,
	{ stdout, cwd, interrupted }: Io,
): Promise<void> {
	const reader = { gone: false };
	stdout.once('error', () => {
		reader.gone = true;
	});

	for await (const target of streamTargets(source, plan, limit)) {
		interrupted.throwIfAborted();
		if (reader.gone) {
			return;
		}
		const shown = output === '-' ? { ...target, dest: '-' } : target;
		const line = json === true ? jsonLine(shown) : textLine(shown, cwd);
		if (!stdout.write(`${line}\n`)) {
			await once(stdout, 'drain', { signal: interrupted }).catch(() => {});
		}
	}
}

function textLine(target: Target, cwd: string): string {
	const { url, dest, naming, mirrors = [] } = target;
	const place =
		naming === undefined
			? relative(cwd, dest)
			: `${relative(cwd, naming.directory)}/<name>${naming.extension}`;
	const notes = [
		...mirrors.map((mirror) => `or ${mirror}`),
		...DIGEST_ALGORITHMS.flatMap((name) => (target[name] ? [`${name} ${target[name]}`] : [])),
	];
	return printable([`${shownUrl(url)} -> ${place}`, ...notes].join('  '));
}

/** Without what may be a secret. */
function jsonLine({ naming, credentials: _, headers: __, ...target }: Target): string {
	return jsonText({
		...target,
		url: shownUrl(target.url),
		...(naming?.metadataUrl !== undefined && { metadataUrl: shownUrl(naming.metadataUrl) }),
	});
}

/** The port of the bundled server is known once it listens. */
function shownUrl(url: string): string {
	return url.replace(/^http:\/\/127\.0\.0\.1:0\//, 'http://127.0.0.1:<port>/');
}
