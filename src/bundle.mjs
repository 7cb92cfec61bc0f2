// Bundles the command line and its threads beside the plain build: dist/bundle/*.js.
//
// On Node 20 loading some hundred files and the whole of undici costs more than the first twenty
// flags. The library is not bundled: its users have bundlers of their own.
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

const dist = resolve(import.meta.dirname, '../dist');

/** A module that finds files beside it must find them from the bundle, too. */
const keepPlaces = {
	name: 'keep-places',
	setup(builder) {
		builder.onLoad({ filter: /\/dist\/.*\.js$/ }, async ({ path }) => {
			const place = JSON.stringify(relative(resolve(dist, 'bundle'), path).replaceAll('\\', '/'));
			const source = await readFile(path, 'utf8');
			return {
				contents: source.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
			};
		});
	},
};

/** Its index loads fetch, WebSocket and a mock agent, which cost 45 ms and are not used. */
const undiciInParts = {
	name: 'undici-in-parts',
	setup(builder) {
		builder.onResolve({ filter: /^undici$/ }, () => ({
			path: resolve(import.meta.dirname, 'undici-parts.cjs'),
		}));
	},
};

await build({
	absWorkingDir: dist,
	entryPoints: {
		main: 'cli/main.js',
		worker: 'strategies/threads/entry.js',
		server: 'server/entry.js',
	},
	outdir: 'bundle',
	bundle: true,
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node20',
	// Optional peers of the strategy `queue`, loaded where they are installed.
	external: ['bullmq', 'ioredis'],
	plugins: [keepPlaces, undiciInParts],
	banner: {
		// undici and commander are CommonJS and require the modules of Node.
		js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
	},
	logLevel: 'warning',
});
