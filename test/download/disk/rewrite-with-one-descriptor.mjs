// Begins a rewrite in a process that can open one more file: `node rewrite-with-one-descriptor.mjs <path>`.
// In a process of its own, since the test runner opens files at any moment.
import { closeSync } from 'node:fs';
import process from 'node:process';
import { LogRewrite } from '../../../dist/download/disk/log-rewrite.js';
import { useUpDescriptors } from './use-up-descriptors.mjs';

const [path] = process.argv.slice(2);
const { open, endedBy } = useUpDescriptors();
closeSync(open.pop());
let failure;
try {
	LogRewrite.begin(path);
} catch (error) {
	failure = { code: error.code, syscall: error.syscall };
}
open.splice(0).forEach(closeSync);
console.log(JSON.stringify({ endedBy, failure }));
