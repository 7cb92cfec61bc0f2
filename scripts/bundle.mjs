// Bundles the command line and its threads beside the plain build: dist/bundle/*.cjs.
//
// Node 20 takes 230 ms to load some hundred files and the whole of undici; one file of CommonJS with
// what is used takes 45. The library is not bundled for `import`: its users have bundlers of their own. For
// `require` it is, as Node 20.18 requires no modules.
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { writeNotices } from './notices.mjs';

const dist = resolve(import.meta.dirname, '../dist');

/** A module that finds files beside it must find them from the bundle, too. */
const keepPlaces = {
	name: 'keep-places',
	setup(builder) {
		builder.onLoad({ filter: /\/dist\/.*\.js$/ }, async ({ path }) => {
			const place = JSON.stringify(relative(resolve(dist, 'bundle'), path).replaceAll('\\', '/'));
			const source = await readFile(path, 'utf8');
			return {
				contents: source
					.replaceAll('import.meta.url', `new URL(${place}, bundleUrl).href`)
					.replaceAll('import.meta.resolve(', 'resolveFromBundle('),
			};
		});
	},
};

const BANNER = `
const { pathToFileURL } = require('node:url');
const bundleUrl = pathToFileURL(__filename).href;
const resolveFromBundle = (name) => pathToFileURL(require.resolve(name)).href;`;

/** Its index loads fetch, WebSocket and a mock agent, which cost 45 ms and are not used. */
const undiciInParts = {
	name: 'undici-in-parts',
	setup(builder) {
		builder.onResolve({ filter: /^undici$/ }, () => ({
			path: resolve(import.meta.dirname, 'undici-parts.cjs'),
		}));
		builder.onResolve({ filter: /^node:assert$/ }, ({ importer }) =>
			importer.includes('/undici/')
				? { path: resolve(import.meta.dirname, 'undici-assert.cjs') }
				: undefined,
		);
	},
};

/** Modules of Node that most runs of `get` do not need are loaded when one of their members is. */
const loadedLate = {
	name: 'loaded-late',
	setup(builder) {
		builder.onResolve({ filter: /^node:(crypto|worker_threads)$/ }, ({ path, importer }) =>
			importer.startsWith(dist) ? { path, namespace: 'loaded-late' } : undefined,
		);
		builder.onLoad({ filter: /./, namespace: 'loaded-late' }, async ({ path }) => {
			const names = Object.keys(await import(path)).filter((name) => name !== 'default');
			const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
			return {
				contents: `
					let loaded;
					const load = () => (loaded ??= require('${path}'));
					module.exports = { ${getters.join(', ')} };`,
			};
		});
	},
};

/**
 * What libraries load and flagdl does not use: programs as subcommands (commander), HTTP/2 and
 * bodies of requests (undici). A call of one of them fails at once.
 */
const UNUSED = [
	{ filter: /^node:child_process$/, importer: /commander/ },
	{ filter: /\/client-h2\.js$/, importer: /undici/ },
	{ filter: /\/web\/fetch\/body\.js$/, importer: /undici/ },
];

/** The other commands, for the bundle of `get`; `bin/flagdl.js` takes the whole one for them. */
const OTHERS = {
	filter:
		/\/(bench|completion\/(?:grammar|scripts)|options\/config|find|scenario|serve|smoke|worker|queue\/index|page\/page)\.js$/,
	importer: /\/(cli\/(?:program|\w+\/command)|strategies\/index|report\/exports)\.js$/,
};

const leaveOut = (rules) => ({
	name: 'leave-out',
	setup(builder) {
		for (const { filter, importer } of rules) {
			builder.onResolve({ filter }, (found) =>
				importer.test(found.importer) ? { path: found.path, namespace: 'left-out' } : undefined,
			);
		}
		builder.onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
			contents: `module.exports = new Proxy(function () {}, {
				get(_, name) { throw new Error('${path} is not in this bundle: ' + String(name)); },
				apply() { throw new Error('${path} is not in this bundle'); },
			});`,
		}));
	},
});

async function bundle(name, entry, leftOut) {
	const { metafile } = await build({
		metafile: true,
		absWorkingDir: dist,
		entryPoints: { [name]: entry },
		outdir: 'bundle',
		outExtension: { '.js': '.cjs' },
		bundle: true,
		format: 'cjs',
		platform: 'node',
		target: 'node20',
		// Names stay, for the traces of bugs.
		minifyWhitespace: true,
		minifySyntax: true,
		// Optional peers (of the strategy `queue`, of --tls), loaded where they are installed; and the parser of lists in CSV,
		// which few runs need.
		external: ['bullmq', 'ioredis', 'selfsigned', 'csv-parse'],
		plugins: [keepPlaces, undiciInParts, loadedLate, leaveOut(leftOut)],
		banner: { js: BANNER },
		logLevel: 'warning',
	});
	return metafile;
}

const metafiles = await Promise.all([
	bundle('get', 'cli/main.js', [...UNUSED, OTHERS]),
	bundle('main', 'cli/main.js', UNUSED),
	bundle('worker', 'strategies/threads/entry.js', UNUSED),
	bundle('server', 'server/entry.js', UNUSED),
	bundle('index', 'index.js', UNUSED),
]);
writeNotices(metafiles);
