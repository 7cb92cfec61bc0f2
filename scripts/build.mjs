// Builds dist: types and modules (tsc), parsed scenarios, bundles, notices. A dist that cannot be built
// anew stays as it was.
//
// `--unchecked`: for those who run `npm run typecheck` next, which finds the same errors of types.
//
// `--if-needed`: only if dist is missing or older than what it is built from, and only if there is
// a compiler: after `npm ci --omit=dev` there is none, and nothing is to be done (npm's `prepare`).
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = resolve(root, 'dist');
const before = resolve(root, 'node_modules/.flagdl-dist');
/** The last thing that is built. */
const built = resolve(dist, 'THIRD-PARTY-NOTICES.txt');

const isIfNeeded = process.argv.includes('--if-needed');
const compiler = compilerPath();
if (isIfNeeded && (compiler === undefined || isCurrent())) {
	process.exit(0);
}
if (compiler === undefined) {
	console.error('cannot build: TypeScript or esbuild is not installed; run: npm ci');
	process.exit(1);
}

rmSync(before, { recursive: true, force: true });
if (existsSync(dist)) {
	renameSync(dist, before);
}
try {
	run(compiler, '-p', 'tsconfig.json', '--noCheck', String(process.argv.includes('--unchecked')));
	run('scripts/scenarios.mjs');
	run('scripts/bundle.mjs');
	run('scripts/require-types.mjs');
	rmSync(before, { recursive: true, force: true });
} catch (error) {
	rmSync(dist, { recursive: true, force: true });
	if (existsSync(before)) {
		renameSync(before, dist);
	}
	process.exit(typeof error.status === 'number' ? error.status : 1);
}

function run(...args) {
	execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
}

/** TypeScript alone may be there without what it needs: libraries name it as an optional peer. */
function compilerPath() {
	const { resolve: find } = createRequire(import.meta.url);
	try {
		find('esbuild/package.json');
		find('@types/node/package.json');
		return find('typescript/bin/tsc');
	} catch {
		return undefined;
	}
}

function isCurrent() {
	const time = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
	const sources = ['src', 'scripts', 'fixtures/scenarios', 'package.json', 'tsconfig.json'];
	return sources.every((source) => newest(resolve(root, source)) <= time);
}

function newest(path) {
	const found = statSync(path);
	return found.isDirectory()
		? Math.max(...readdirSync(path).map((name) => newest(resolve(path, name))))
		: found.mtimeMs;
}
