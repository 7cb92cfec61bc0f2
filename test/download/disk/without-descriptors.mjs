// Saves small files in a process that cannot open any file:
//
//   node without-descriptors.mjs <directory> <action> [file …]
//
// In its own process, since the test runner may open files at any moment.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { PartsDirectory } from '../../../dist/download/disk/parts-directory.js';
import { BatchedWriter } from '../../../dist/download/disk/save.js';
import { useUpDescriptors } from './use-up-descriptors.mjs';

const [directory, action, ...names] = process.argv.slice(2);
let open = [];
const controller = new AbortController();
const parts = new PartsDirectory(directory);
let relieved = 0;
const writer = new BatchedWriter(parts, () => {
	relieved += 1;
	if (action === 'abort') {
		controller.abort(new Error('the run has ended'));
	} else if (action === 'close' && relieved === names.length + 2) {
		// All have called once, two of them a second time.
		open.splice(0, 2).forEach(closeSync);
	}
});

const used = useUpDescriptors();
open = used.open;
const saves = names.map((name) => {
	const target = { id: name, index: 0, url: `http://a/${name}`, dest: name };
	const dest = join(directory, name);
	return writer.save(Buffer.from('content'), 1_700_000_000_000, {
		...{ target, dest, signal: controller.signal },
	});
});
const settled = await Promise.allSettled(saves);
open.splice(0).forEach(closeSync);
parts.close(false, () => false);
const reasons = settled.map(
	({ reason }) => reason && { code: reason.code, message: reason.message },
);
console.log(JSON.stringify({ endedBy: used.endedBy, relieved, reasons }));
