#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// What is made for one file dies with it: a small nursery saves 45 MB at the peak, at the same speed.
setFlagsFromString('--max-semi-space-size=4');
setFlagsFromString('--semi-space-growth-factor=1');

const { main } = await import('../dist/cli/main.js');
process.exitCode = await main();
