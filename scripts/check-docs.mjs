// Runs the console blocks of README and docs, and checks their links: `npm run docs:check [-- file …]`.
//
// The blocks of a page run one after the other in one empty folder, with an empty HOME and a PATH that has `flagdl`
// and no other command of node_modules. ```sh has commands, line by line; ```console has commands behind `$ `
// and what they print, in which numbers may differ; `cat` of a file that is not there yet makes it.
// `<!-- not run: why -->` above a block leaves it out.
import { spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const BLOCK = /(?:<!-- not run: ([^\n]*?) -->\n+)?```(\w+)\n(.*?)```/gs;
const TIMEOUT_MS = 120_000;

/** Every page that is read by users. */
function allPages() {
	const docs = readdirSync(join(ROOT, 'docs'), { recursive: true });
	const pages = docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
	return ['README.md', ...pages.sort()];
}

function checkPage(page) {
	const text = readFileSync(join(ROOT, page), 'utf8');
	const counts = { run: 0, notRun: 0, problems: brokenLinks(page, text) };
	const folder = mkdtempSync(join(tmpdir(), 'flagdl-docs-'));
	const env = environment(folder);
	const cwd = join(folder, 'work');
	for (const [, why, language, body] of text.matchAll(BLOCK)) {
		if (language !== 'sh' && language !== 'console') {
			continue;
		}
		if (why !== undefined) {
			counts.notRun += 1;
			continue;
		}
		counts.run += 1;
		for (const { command, expected } of commandsOf(language, body)) {
			const file = expected === undefined ? undefined : /^cat ([\w.-]+)$/.exec(command)?.[1];
			if (file !== undefined && !existsSync(join(cwd, file))) {
				writeFileSync(join(cwd, file), `${expected}\n`);
			}
			const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
				...{ cwd, env, encoding: 'utf8', timeout: TIMEOUT_MS, input: '' },
			});
			const printed = `${stdout}${stderr}`;
			if (language === 'sh' && status !== 0) {
				counts.problems.push(`${page}: exit code ${status}: ${command}\n${printed}`);
			} else if (expected !== undefined && !shape(printed).includes(shape(expected))) {
				counts.problems.push(`${page}: ${command}\n  says\n${expected}\n  and prints\n${printed}`);
			}
		}
	}
	rmSync(folder, { recursive: true, force: true });
	return counts;
}

function environment(folder) {
	const bin = join(folder, 'bin');
	for (const name of ['bin', 'home', 'work', 'tmp']) {
		mkdirSync(join(folder, name));
	}
	const command = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin/flagdl.js')}' "$@"\n`;
	writeFileSync(join(bin, 'flagdl'), command, { mode: 0o755 });
	const others = (process.env.PATH ?? '').split(':').filter((dir) => !dir.includes('node_modules'));
	const path = [bin, ...others, dirname(process.execPath)].join(':');
	return { PATH: path, HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), LANG: 'C.UTF-8' };
}

/** Lines that end in a backslash, and what is between `<<'EOF'` and `EOF`, belong to one command. */
export function* commandsOf(language, body) {
	if (language === 'sh') {
		const whole = body.includes('<<') || body.includes('$(');
		const commands = whole ? [body] : body.replaceAll('\\\n', ' ').split('\n');
		for (const command of commands.filter((line) => !/^\s*(?:#|$)/.test(line))) {
			yield { command };
		}
		return;
	}
	for (const part of body.split(/^\$ /m).slice(1)) {
		const lines = part.replaceAll('\\\n', ' ').split('\n');
		const mark = /<<'?(\w+)'?/.exec(lines[0])?.[1];
		const end = mark === undefined ? 1 : lines.indexOf(mark) + 1;
		const command = lines.slice(0, end).join('\n');
		yield { command, expected: lines.slice(end).join('\n').trim() };
	}
}

/** What is left when each number, duration and size is the same. */
export function shape(text) {
	return text
		.replace(/[\d.,]+(?: ?(?:ms|s|B|kB|MB|kB\/s|MB\/s)\b)?/g, '#')
		.split('\n')
		.map((line) => line.replace(/\s+/g, ' ').trim())
		.join('\n');
}

function brokenLinks(page, text) {
	const links = text.replace(/```.*?```/gs, '').matchAll(/\]\(([^)\s]+)\)/g);
	return [...links].flatMap(([, link]) => {
		const [path, fragment] = link.split('#');
		if (/^[a-z]+:/.test(link)) {
			return [];
		}
		const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
		if (!existsSync(file)) {
			return [`${page}: no such file: ${link}`];
		}
		const isHeading = fragment === undefined || headings(readFileSync(file, 'utf8')).has(fragment);
		return isHeading ? [] : [`${page}: ${relative(ROOT, file)} has no heading #${fragment}`];
	});
}

/** The names that GitHub gives to headings. */
function headings(text) {
	const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title);
	return new Set(
		titles.map((title) =>
			title
				.toLowerCase()
				.replace(/[^\p{L}\p{N} _-]/gu, '')
				.replaceAll(' ', '-'),
		),
	);
}

function checkPages(pages) {
	let failed = 0;
	for (const page of pages) {
		const { run, notRun, problems } = checkPage(page);
		console.log(
			`${page}: ${run} blocks run, ${notRun} not run${problems.length > 0 ? `, ${problems.length} problems` : ''}`,
		);
		for (const problem of problems) {
			console.error(problem);
		}
		failed += problems.length;
	}
	return failed;
}

// A test has the commands of a page without running them here.
if (process.argv[1] === import.meta.filename) {
	const pages = process.argv.length > 2 ? process.argv.slice(2) : allPages();
	process.exitCode = checkPages(pages) > 0 ? 1 : 0;
}
