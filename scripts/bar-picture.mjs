// Takes the picture of the bar of a real run on a terminal: docs/img/bar.png.
//   npm run build && node scripts/bar-picture.mjs
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pty from '@lydell/node-pty';
import headless from '@xterm/headless';
import { chromium } from 'playwright-core';

const COLUMNS = 80;
/** Where the run is half done. */
const HALF = /\b1[2-6]\d\/249\b/;
/** The palette of a usual terminal, by the numbers of ANSI. */
const COLOURS = [
	'#1c2430',
	'#ff6b74',
	'#4cc38a',
	'#f0b44c',
	'#5aa9f5',
	'#b08cff',
	'#4fd0e0',
	'#e6eaf0',
];

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bar-'));
const command = '-a --scenario flaky -c 8';
try {
	await takePicture(await linesOfRun());
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/** The lines of the terminal when the run was half done, as HTML. */
function linesOfRun() {
	const terminal = new headless.Terminal({ cols: COLUMNS, rows: 24, allowProposedApi: true });
	const args = [join(root, 'bin/flagdl.js'), 'get', ...command.split(' ')];
	const env = { ...process.env, TERM: 'xterm-256color', FORCE_COLOR: '1' };
	const child = pty.spawn(process.execPath, args, { cols: COLUMNS, rows: 24, cwd: folder, env });
	return new Promise((done, failed) => {
		child.onData((data) => {
			terminal.write(data, () => {
				const lines = htmlLines(terminal.buffer.active);
				if (HALF.test(lines.join('\n').replaceAll(/<[^>]*>/g, ''))) {
					child.kill();
					done(lines);
				}
			});
		});
		child.onExit(() => failed(new Error('the run ended before its bar was half full')));
	});
}

function htmlLines(buffer) {
	return Array.from({ length: buffer.length }, (_, row) => {
		const line = buffer.getLine(row);
		const cells = Array.from({ length: COLUMNS }, (_, column) => line.getCell(column));
		return cells
			.map(cellHtml)
			.join('')
			.replace(/(?:<span[^>]*> <\/span>)+$/, '');
	}).filter((line) => line !== '');
}

function cellHtml(cell) {
	const colour = cell.isFgPalette() ? COLOURS[cell.getFgColor() % 8] : COLOURS[7];
	const style = `color:${colour};opacity:${cell.isDim() ? 0.6 : 1};font-weight:${cell.isBold() ? 700 : 400}`;
	const text = (cell.getChars() || ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
	return `<span style="${style}">${text}</span>`;
}

async function takePicture(lines) {
	const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
	const browser = await chromium.launch({
		executablePath,
		args: ['--no-sandbox', '--disable-gpu'],
	});
	const tab = await browser.newPage({
		viewport: { width: 800, height: 300 },
		deviceScaleFactor: 2,
	});
	await tab.setContent(
		`<pre style="display:inline-block;margin:0;padding:16px;width:${COLUMNS}ch;box-sizing:content-box;background:#12161c;color:#e6eaf0;font:14px/1.4 'DejaVu Sans Mono',monospace">$ flagdl ${command}\n${lines.join('\n')}</pre>`,
	);
	await tab.locator('pre').screenshot({ path: join(root, 'docs/img/bar.png') });
	await browser.close();
}
