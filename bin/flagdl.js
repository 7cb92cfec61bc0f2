#!/usr/bin/env node
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

// What is made for one file dies with it: a small nursery saves 45 MB at the peak, at the same speed.
setFlagsFromString('--max-semi-space-size=4');
setFlagsFromString('--semi-space-growth-factor=1');
// Node 22 and later keep what they have compiled.
module.enableCompileCache?.();
const { main } = await import('../dist/bundle/main.js');
process.exitCode = await main();
