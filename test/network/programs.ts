import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Folder that contains `flags/<cc>/<cc>.gif`. */
export const FIXTURES: string = new URL('../../fixtures', import.meta.url).pathname;

/** On Debian, servers are in directories of root's PATH only. */
const env = { ...process.env, PATH: [process.env['PATH'], '/usr/sbin'].join(delimiter) };

/** Whether a program is installed; prints a note if not, since its tests are then skipped. */
export function isInstalled(program: string, versionFlag: string): boolean {
	const found = spawnSync(program, [versionFlag], { env }).status === 0;
	if (!found) {
		console.warn(`${program} is not installed: what needs it is not tested`);
	}
	return found;
}

/** Serves the fixtures with `python3 -m http.server`: HTTP/1.0, one connection per request. */
export async function startPythonServer(): Promise<string> {
	const args = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', FIXTURES];
	const child = spawn('python3', args, { stdio: ['ignore', 'pipe', 'ignore'] });
	endWithTest(child);
	const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
	return `http://127.0.0.1:${/port (\d+)/.exec(said)?.[1]}`;
}

/** Additional directives. */
export interface NginxLines {
	readonly http?: string;
	readonly server?: string;
}

/** Serves the fixtures with nginx. */
export async function startNginx(
	folder: string,
	{ http = '', server = '' }: NginxLines = {},
): Promise<string> {
	const port = await freePort();
	const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
		(name) => `${name}_temp_path ${join(folder, name)};`,
	);
	await writeFile(
		join(folder, 'nginx.conf'),
		`daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr;
events {}
http {
	access_log off; ${paths.join(' ')}
	types { image/gif gif; application/json json; } ${http}
	server { listen 127.0.0.1:${port}; root ${FIXTURES}; ${server} }
}
`,
	);
	const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
	const child = spawn('nginx', args, { env, stdio: 'ignore' });
	endWithTest(child);
	await answering(port, child);
	return `http://127.0.0.1:${port}`;
}

/** @returns URL of the proxy. */
export async function startTinyproxy(folder: string, lines = ''): Promise<string> {
	const port = await freePort();
	await mkdir(folder, { recursive: true });
	const file = join(folder, 'tinyproxy.conf');
	await writeFile(
		file,
		`Port ${port}\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 100\nTimeout 60\n${lines}\n`,
	);
	const child = spawn('tinyproxy', ['-d', '-c', file], { stdio: 'ignore' });
	endWithTest(child);
	await answering(port, child);
	return `http://127.0.0.1:${port}`;
}

function endWithTest(child: ChildProcess): void {
	onTestFinished(async () => {
		if (child.exitCode !== null || child.signalCode !== null) {
			return;
		}
		child.kill('SIGKILL');
		await once(child, 'exit');
	});
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	return typeof address === 'object' && address !== null ? address.port : Number.NaN;
}

/** Polls, since these programs do not report when they are ready. */
async function answering(port: number, child: ChildProcess): Promise<void> {
	for (;;) {
		const socket = connect(port, '127.0.0.1');
		const connected = await new Promise<boolean>((settle) => {
			socket.on('connect', () => settle(true)).on('error', () => settle(false));
		});
		socket.destroy();
		if (connected) {
			return;
		}
		if (child.exitCode !== null) {
			throw new Error(`it ended with ${child.exitCode}`);
		}
		await new Promise((settle) => setTimeout(settle, 20));
	}
}
