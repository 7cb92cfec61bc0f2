// 50,000 files of 0.5 to 8 kB, served by nginx on a port that the kernel gave.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @returns Size of each file by its name; the same at every call. */
export function writeCorpus(directory, count) {
	mkdirSync(directory, { recursive: true });
	const sizes = new Map();
	const bytes = Buffer.alloc(8192, 'flagdl ');
	for (let index = 0; index < count; index += 1) {
		const size = 512 + ((index * 7919) % 7680);
		const name = `${index}.bin`;
		writeFileSync(join(directory, name), bytes.subarray(0, size));
		sizes.set(name, size);
	}
	return sizes;
}

/** Starts nginx with one worker process, as a child that ends with us. */
export async function startNginx(root, work, extra = '') {
	const port = await freePort();
	mkdirSync(join(work, 'nginx'), { recursive: true });
	const configuration = join(work, 'nginx.conf');
	writeFileSync(
		configuration,
		`daemon off; master_process off; worker_processes 1; pid ${work}/nginx.pid; error_log ${work}/error.log;
events { worker_connections 2048; }
http { access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000; etag on;
  client_body_temp_path ${work}/nginx; proxy_temp_path ${work}/nginx; fastcgi_temp_path ${work}/nginx; uwsgi_temp_path ${work}/nginx; scgi_temp_path ${work}/nginx;
  server { listen 127.0.0.1:${port}; root ${root}; ${extra} } }
`,
	);
	const child = spawn('nginx', ['-p', work, '-c', configuration], { stdio: 'ignore' });
	const url = `http://127.0.0.1:${port}`;
	for (let tries = 0; tries < 100; tries += 1) {
		const answered = await fetch(url).then(
			() => true,
			() => false,
		);
		if (answered) {
			return { url, pid: child.pid, stop: () => child.kill('SIGTERM') };
		}
		await sleep(20);
	}
	throw new Error('nginx did not start');
}

/** nginx cannot say which port the kernel gave it, so it is told one that was free a moment ago. */
async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}
