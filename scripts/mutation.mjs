// Mutation tests of one piece (`npm run test:mutation -- src/targets/list`), with the tests that belong to it.
// How they count: stryker.config.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import process from 'node:process';

/** What is mutated, and the tests that call it in their own process. */
const TESTS = {
	'src/targets': ['test/targets'],
	'src/scenarios': ['test/scenarios'],
	'src/download': ['test/download', 'test/network'],
};

const paths = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const rooms = Object.keys(TESTS);
for (const path of paths) {
	if (!existsSync(path) || !rooms.some((room) => `${path}/`.startsWith(`${room}/`))) {
		console.error(`no folder or file of ${rooms.join(', ')}: ${path}`);
		process.exit(2);
	}
}

const pieces = paths.length > 0 ? paths : rooms;
const mutate = pieces.map((path) => (statSync(path).isDirectory() ? `${path}/**/*.ts` : path));
const testFiles = rooms
	.filter((room) => pieces.some((path) => path.startsWith(room)))
	.flatMap((room) => TESTS[room])
	.map((folder) => `${folder}/**/*.test.ts`);
const { status } = spawnSync(
	'node_modules/.bin/stryker',
	[
		'run',
		'scripts/stryker.config.mjs',
		'--mutate',
		mutate.join(),
		'--testFiles',
		testFiles.join(),
		...options,
	],
	{ stdio: 'inherit' },
);
process.exitCode = status ?? 1;
