import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { writtenBy as writtenInProcess } from '../helpers/command-line.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { REPORT_OPTIONS } from '../helpers/report-names.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

let folder: string;
let server: HoldServer;

beforeEach(async () => {
	folder = await temporaryFolder();
	server = await startHoldServer();
	onTestFinished(async () => await server.close());
});

/** User info, well-formed and malformed; the last ones make the URL invalid. */
const USER_INFOS = [
	'me:S3CRET@',
	'S3CRET@',
	':S3CRET@',
	'me:S3%43RET-S3CRET@',
	'me:S3CRET#x@',
	'me:x#S3CRET@',
	'me:x/S3CRET@',
	'me:x?S3CRET@',
	'me:x@S3CRET@',
	'me:S3CRET x@',
	'me:#S3CRET@',
	'me:/S3CRET@',
	'me:1?S3CRET@',
];

/** All output of a process, except the part of a failed-file that is for its owner only. */
async function writtenBy(args: readonly string[], more: Parameters<typeof flagdl>[2] = {}) {
	const { stdout, stderr } = await flagdl(args, folder, more);
	return [stdout, stderr, ...contentsWritten()].join('\n');
}

/** The same for a command line in this process. */
async function writtenHere(args: readonly string[], env?: Readonly<Record<string, string>>) {
	const text = await writtenInProcess(args, folder, env);
	expect(text).not.toBe('');
	return [text, ...contentsWritten()].join('\n');
}

function contentsWritten(): readonly string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !entry.name.startsWith('given'))
		.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
}

const host = () => server.url.replace('http://', '');

describe.each(USER_INFOS)('the user info %s', (userInfo) => {
	const common = ['--retry', '0', '--max-time', '5', ...REPORT_OPTIONS, '-d', 'out'];

	it.each([
		['an argument', () => [`http://${userInfo}${host()}/a.gif`]],
		['an argument without a scheme', () => [`${userInfo}${host()}/a.gif`]],
		['an argument with half a scheme', () => [`http:/${userInfo}${host()}/a.gif`]],
		['an argument with a bad port', () => [`http://${userInfo}127.0.0.1:99999/a.gif`]],
		['an argument of another scheme', () => [`ftp://${userInfo}${host()}/a.gif`]],
		['--server', () => ['br', '-s', `http://${userInfo}${host()}`]],
		['--template', () => ['br', '--template', `http://${userInfo}${host()}/{cc}.gif`]],
		['--mirror', () => ['br', '-s', server.url, '--mirror', `http://${userInfo}${host()}`]],
		['--proxy', () => [`${server.url}/a.gif`, '--proxy', `http://${userInfo}127.0.0.1:1`]],
		['a proxy without a scheme', () => [`${server.url}/a.gif`, '-v', '--proxy', `${userInfo}h:1`]],
		['an unknown option', () => ['br', `--proxxy=http://${userInfo}h`]],
	])('of %s is written nowhere', async (_what, args) => {
		const text = await writtenHere([...args(), ...common, '-v']);

		expect(text).not.toContain('S3CRET');
	});

	it('of a list is written nowhere', async () => {
		const url = `http://${userInfo}${host()}/a.gif`;
		const line = JSON.stringify({ url: `${server.url}/b.gif`, mirrors: [url] });
		await writeFile(
			join(folder, 'given.txt'),
			`${url}\n${url}\tx.gif\n${line}\n{"url": "${url}"\n`,
		);

		expect(await writtenHere(['-i', 'given.txt', ...common, '-v'])).not.toContain('S3CRET');
	});

	it.each(['http_proxy', 'ALL_PROXY'])('of the variable %s is written nowhere', async (name) => {
		const env = { [name]: `http://${userInfo}127.0.0.1:1` };

		const text = await writtenHere([`${server.url}/a.gif`, ...common, '-v'], env);

		expect(text).not.toContain('S3CRET');
	});
});

describe('a header field', () => {
	it.each([
		'Authorization: Bearer S3CRET',
		'Authorization Bearer S3CRET',
		'Cookie: S3CRET',
		'Proxy-Authorization: Basic S3CRET',
		'S3CRET',
		': S3CRET',
		'X-Key: S3CRET\r\nY: b',
		'Range: S3CRET',
	])('%j is written nowhere', async (field) => {
		const args = [`${server.url}/a.gif`, '-H', field, '--json', '-v', ...REPORT_OPTIONS];

		expect(await writtenHere([...args, '--failed-file', 'failed.txt'])).not.toContain('S3CRET');
	});
});

it('is in the dry run and the events of no list', async () => {
	const url = `http://me:S3CRET@${host()}/a.gif`;

	expect(await writtenBy([url, '--dry-run'])).not.toContain('S3CRET');
	expect(await writtenBy([url, '--dry-run', '--json'])).not.toContain('S3CRET');
	expect(await writtenBy([url, '--json', '--if-exists', 'update'])).not.toContain('S3CRET');
});

describe('what continues, or does the same again, has no secret in it', () => {
	const urlOf = (path: string) => `http://me:S3CRET@${host()}${path}`;

	it('after a get', async () => {
		server.answer('/flags/br/br.gif', (_request, response) => {
			response.writeHead(404).end();
		});
		const args = ['br', '-s', urlOf('/flags'), '-H', 'X-Key: S3CRET', ...REPORT_OPTIONS];

		const { code, stdout, stderr } = await flagdl([...args, '--failed-file', 'failed.txt'], folder);

		expect(code).toBe(1);
		expect(stdout).toContain(` -s http://${host()}/flags -H @file`);
		expect(stdout + stderr).not.toContain('S3CRET');
	});

	it('after a smoke of a server', async () => {
		const args = ['smoke', 'br', '--server', urlOf('/flags'), '--strategies', 'async'];
		const reports = ['--report', 'r.json', '--report', 'r.md', '--junit', 'r.xml'];

		const text = await writtenBy([...args, ...reports, '--retry', '0']);

		expect(text).toContain(host());
		expect(text).not.toContain('S3CRET');
	});

	it('after a smoke of a client', async () => {
		const client = "echo http://me:S3CRET@h {urls}; false -u me:S3CRET -H 'X: S3CRET'";
		const args = ['smoke', 'br', '--scenario', 'clean', '--client', client];
		const reports = ['--report', 'r.json', '--report', 'r.md', '--junit', 'r.xml'];
		const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };

		const text = await writtenBy([...args, ...reports], { env });

		expect(text).toContain('echo http://h {urls}; false -u … -H …');
		expect(text).not.toContain('S3CRET');
	});

	it('where bench refuses what it would not send', async () => {
		const args = ['bench', urlOf('/a.gif'), '--rounds', '1', '--strategies', 'async', '-c', '1'];

		const text = await writtenBy([...args, '--json', 'b.json', '--html', 'b.html']);

		expect(text).toContain(`found a login or header fields for http://${host()}/a.gif`);
		expect(text).not.toContain('S3CRET');
	});
});

it.runIf(process.platform === 'linux')('is in no list of processes', async () => {
	server.hold();
	const args = [`http://me:S3CRET@${host()}/a.gif`, '-H', 'X-Key: S3CRET', '-d', 'out'];
	const { child, ended } = startFlagdl(args, folder);
	await server.arrivals(1);

	const shown = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');

	expect(shown).toContain('flagdl');
	expect(shown).not.toContain('S3CRET');
	server.release();
	expect(await ended).toMatchObject({ code: 0 });
});

it.each([
	['http://me:x/S3CRET@{host}/b.gif', 'bad_redirect'],
	['ftp://me:S3CRET@{host}/b.gif', 'bad_redirect'],
	['//me:S3CRET@{host}/b.gif', 'not_found'],
	['http://me:S3CRET@127.0.0.1:1/b.gif', 'refused'],
	['http://me:S3CRET@{host}/a.gif', 'redirect_loop'],
])('of a redirect to %s is written nowhere', async (location, code) => {
	server.answer('/a.gif', (_request, response) => {
		response.writeHead(302, { location: location.replace('{host}', host()) }).end();
	});
	server.answer('/b.gif', (_request, response) => {
		response.writeHead(404).end();
	});

	const text = await writtenBy([
		`${server.url}/a.gif`,
		'--retry',
		'0',
		'--json',
		...REPORT_OPTIONS,
	]);

	expect(text).toContain(code);
	expect(text).not.toContain('S3CRET');
});

it('of a page that find is led to is written nowhere', async () => {
	server.answer('/countries?q=x', (_request, response) => {
		response.setHeader('link', `<http://me:S3CRET@${host()}/next>; rel="next"`);
		response.end('{"countries": []}');
	});
	server.answer('/next', (_request, response) => {
		response.writeHead(500).end();
	});

	const text = await writtenBy(['find', 'x', '--server', `http://me:S3CRET@${host()}`]);

	expect(text).toContain(`http://${host()}/next answered 500`);
	expect(text).not.toContain('S3CRET');
});
