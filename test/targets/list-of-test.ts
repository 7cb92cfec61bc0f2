import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect } from 'vitest';
import { checkTargets } from '../../src/targets/check-targets.ts';
import { bookLayout } from '../../src/targets/flag-urls.ts';
import { type Plan, streamTargets } from '../../src/targets/resolve-target.ts';
import { listSource } from '../../src/targets/sources.ts';
import type { Target } from '../../src/targets/target.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** Folder of the current test. */
export let directory: string;
/** Without mirrors, into a subfolder of `directory`. */
export let plan: Plan;

beforeEach(async () => {
	directory = await temporaryFolder();
	plan = {
		flags: bookLayout('http://127.0.0.1:8000'),
		mirrors: [],
		outputDir: join(directory, 'out'),
		withNames: false,
	};
});

/** A list file with this content. */
export async function list(content: string | Uint8Array) {
	const path = join(directory, 'list.txt');
	await writeFile(path, content);
	return listSource(path, 'list.txt');
}

/** All targets. Asserts that their number equals that of the check. */
export async function targetsOf(
	source: ReturnType<typeof listSource>,
	of: Plan = plan,
	limit?: number,
) {
	const checked = await checkTargets(source, of, limit);
	const targets: Target[] = [];
	for await (const target of streamTargets(source, of, limit)) {
		targets.push(target);
	}
	expect(targets).toHaveLength(checked.count);
	return { checked, targets };
}
