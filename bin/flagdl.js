#!/usr/bin/env node
import module from 'node:module';

const require = module.createRequire(import.meta.url);
/** Commands, and a strategy, that are not in the bundle of `get`; with it 20 ms less are compiled. */
const OTHERS = /^(?:bench|find|scenario|serve|smoke|worker|(?:--strategy=)?queue)$/;

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
	console.log(require('../package.json').version);
} else {
	// Node 22 and later keep what they have compiled.
	module.enableCompileCache?.();
	const name = args.some((word) => OTHERS.test(word)) ? 'main' : 'get';
	const { main } = require(`../dist/bundle/${name}.cjs`);
	await main();
}
