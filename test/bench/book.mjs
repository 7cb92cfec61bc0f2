// Reproduces the table of Fluent Python, chapter 18: 20 flags sequentially, with threads, with coroutines;
// and measures what the chapter says about memory.
//
//   npm run bench:book [--quick]          (needs a build)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url));
const QUICK = process.argv.includes('--quick') ? ['--quick'] : [];
/** The 20 most populous countries, as in the book. */
const POP20 = 'CN IN US ID BR PK NG BD RU JP MX PH VN ET EG DE IR TR CD FR'.split(' ');
/** Seconds in the book, from a distant server. */
const BOOK = { sequential: 7.18, threads: 1.4, async: 1.35 };
const MEMORY_SLOTS = '1,8,32,128';

const folder = mkdtempSync(join(tmpdir(), 'flagdl-book-'));
try {
	console.log('20 flags, half a second before every answer, 20 slots, a thread for each slot:\n');
	book(bench([...POP20, '--scenario', 'delay', '-c', '20', '--threads', '20', ...QUICK]));
	console.log(`\nPeak memory of 249 flags at ${MEMORY_SLOTS} slots, a thread for each slot:\n`);
	memory(
		bench([
			...['--all', '--strategies', 'threads,async', '-c', MEMORY_SLOTS, '--threads', '128'],
			...['--rounds', '3'],
		]),
	);
} finally {
	rmSync(folder, { recursive: true });
}
python();

function bench(args) {
	const file = join(folder, 'bench.json');
	const { status } = spawnSync(process.execPath, [BIN, 'bench', ...args, '--json', file], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	if (status !== 0) {
		throw new Error(`flagdl bench: exit code ${status}`);
	}
	return JSON.parse(readFileSync(file, 'utf8')).analysis.cells;
}

function book(cells) {
	line('', 'the book', 'here', 'of ideal', 'the book', 'here');
	line('', 's', 's', '', '× sequential', '× sequential');
	for (const { cell, time, efficiency, speedUp } of cells) {
		const { name } = cell;
		line(
			name,
			BOOK[name].toFixed(2),
			(time.medianMs / 1000).toFixed(2),
			`${(efficiency * 100).toFixed(0)} %`,
			(BOOK.sequential / BOOK[name]).toFixed(1),
			(speedUp?.ratio ?? 1).toFixed(1),
		);
	}
}

function memory(cells) {
	line('', 'slots', 'threads', 'peak MB', 'CPU s', 'process s');
	for (const { cell, maxRssBytes, cpuMs, processMs } of cells) {
		line(
			cell.name,
			String(cell.concurrency),
			String(cell.threads ?? ''),
			(maxRssBytes / 1e6).toFixed(0),
			(cpuMs / 1000).toFixed(2),
			(processMs / 1000).toFixed(2),
		);
	}
}

function line(name, ...columns) {
	console.log(name.padEnd(12) + columns.map((column) => column.padStart(14)).join(''));
}

function python() {
	const { status } = spawnSync('python3', ['-c', 'import httpx'], { stdio: 'ignore' });
	if (status !== 0) {
		console.log(
			'\nPython 3 with httpx is not here, so the own clients of the book cannot run beside it.',
		);
		return;
	}
	console.log(`
The own clients of the book (folder 20-executors/getflags of its example code) beside it:

  flagdl serve --scenario delay --port 8001 &
  python3 flags2_sequential.py -s DELAY
  python3 flags2_threadpool.py -s DELAY -m 20
  python3 flags2_asyncio.py -s DELAY -m 20`);
}
