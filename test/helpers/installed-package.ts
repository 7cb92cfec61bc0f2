import { execFile } from 'node:child_process';
import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface InstalledPackage {
	/** A project with flagdl in its node_modules. */
	readonly project: string;
	readonly tarballBytes: number;
}

/** Packs flagdl and installs the tarball in a new project. Takes ten seconds or more. */
export async function installPackage(): Promise<InstalledPackage> {
	const project = await mkdtemp(join(tmpdir(), 'flagdl-package-'));
	// `npm test` has built it already; another build would remove `dist` under the other tests.
	const { stdout } = await run('npm', [
		'pack',
		'--ignore-scripts',
		'--json',
		'--pack-destination',
		project,
	]);
	const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
	await writeFile(join(project, 'package.json'), '{"type":"module","private":true}');
	await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`], {
		cwd: project,
	});
	return { project, tarballBytes: (await stat(join(project, filename))).size };
}
