#!/usr/bin/env node
'use strict';
// CommonJS, as package.json beside it says: Node 20 takes 8 ms to get its loader of modules ready.
const { enableCompileCache } = require('node:module');

/** Commands, a strategy, and what may name it, that are not in the bundle of `get`; with it 20 ms less are compiled. */
const OTHERS =
	/^(?:bench|completion|find|scenario|serve|smoke|worker|(?:--strategy=)?queue|--config(?:=.*)?)$/s;

/** What these start inherits the environment. */
const STARTERS = /^(?:bench|serve|smoke)$/;

const CANNOT_RUN = 4;

const args = process.argv.slice(2);
if (isTooOld(process.versions.node)) {
	end(`it needs Node.js 20.18.1 or newer, and this is ${process.versions.node}`);
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
	console.log(require('../package.json').version);
} else {
	// Node 22 and later keep what they have compiled.
	if (enableCompileCache) {
		enableCompileCache();
	}
	// Half of libuv's threads may look names up: as many at once as there are requests, and 10 kB each.
	if (!args.some((word) => STARTERS.test(word))) {
		process.env.UV_THREADPOOL_SIZE ??= '32';
	}
	const name = args.some((word) => OTHERS.test(word)) ? 'main' : 'get';
	load(`../dist/bundle/${name}.cjs`).main();
}

function load(bundle) {
	try {
		return require(bundle);
	} catch (error) {
		if (
			error.code === 'MODULE_NOT_FOUND' &&
			!require('node:fs').existsSync(`${__dirname}/${bundle}`)
		) {
			end('it has not been built; run: npm ci && npm run build');
		}
		throw error;
	}
}

function isTooOld(version) {
	const [major, minor, patch] = version.split('.').map(Number);
	return major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)));
}

function end(why) {
	process.stderr.write(`flagdl: cannot run: ${why}\n`);
	process.exit(CANNOT_RUN);
}
