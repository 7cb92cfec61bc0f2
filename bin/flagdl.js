#!/usr/bin/env node
'use strict';
// CommonJS, as package.json beside it says: Node 20 takes 8 ms to get its loader of modules ready.
const { enableCompileCache } = require('node:module');

/** Commands, and a strategy, that are not in the bundle of `get`; with it 20 ms less are compiled. */
const OTHERS = /^(?:bench|find|scenario|serve|smoke|worker|(?:--strategy=)?queue)$/;

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
	console.log(require('../package.json').version);
} else {
	// Node 22 and later keep what they have compiled.
	enableCompileCache?.();
	const name = args.some((word) => OTHERS.test(word)) ? 'main' : 'get';
	void require(`../dist/bundle/${name}.cjs`).main();
}
