// The processes of a benchmark, each terminated by its own id.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const children = new Set();

export function start(command, args, stdio) {
	const child = spawn(command, args, { stdio });
	children.add(child);
	child.on('exit', () => children.delete(child));
	return child;
}

/** Starts a script that prints one line of JSON. */
export function startScript(args) {
	return start(process.execPath, args, ['ignore', 'pipe', 'inherit']);
}

export async function end(child) {
	if (child.exitCode !== null || child.signalCode !== null) {
		return;
	}
	child.kill('SIGTERM');
	await once(child, 'exit');
}

export function endAll() {
	for (const child of children) {
		child.kill('SIGKILL');
	}
}

export async function firstLine(child) {
	const ended = once(child, 'exit').then(([code]) => {
		throw new Error(
			`${child.spawnargs.slice(0, 3).join(' ')} ended with ${code}, without a result`,
		);
	});
	const line = once(createInterface(child.stdout), 'line');
	const [text] = await Promise.race([line, ended]);
	ended.catch(() => {});
	return JSON.parse(text);
}

export async function heard(stream, words) {
	for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
		if (String(chunk).includes(words)) {
			break;
		}
	}
	stream.resume();
}

/** User and system time of a process from /proc, in ticks of a hundredth of a second. */
export function cpuMsOf({ pid }) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function rssBytesOf({ pid }) {
	return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

/** Redis has no port 0, so this is a port that was free a moment ago. */
export async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	return port;
}
