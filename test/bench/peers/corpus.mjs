// 50,000 files of 0.5 to 8 kB, served by nginx on a free port.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @returns Size of each file by name; the same for every call. */
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

/**
 * Starts nginx with one worker process, as a child that ends with this process.
 *
 * @param options - `isSecure`: serves HTTPS; the result has its certificate in `cacert`.
 */
export async function startNginx(root, work, { isSecure = false } = {}) {
	const port = await freePort();
	const cacert = isSecure ? createCertificate(work) : undefined;
	const tls = isSecure ? `ssl_certificate ${cacert}; ssl_certificate_key ${work}/key.pem;` : '';
	mkdirSync(join(work, 'nginx'), { recursive: true });
	const configuration = join(work, 'nginx.conf');
	writeFileSync(
		configuration,
		`daemon off; master_process off; worker_processes 1; pid ${work}/nginx.pid; error_log ${work}/error.log;
events { worker_connections 2048; }
http { access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000; etag on;
  client_body_temp_path ${work}/nginx; proxy_temp_path ${work}/nginx; fastcgi_temp_path ${work}/nginx; uwsgi_temp_path ${work}/nginx; scgi_temp_path ${work}/nginx;
  server { listen 127.0.0.1:${port}${isSecure ? ' ssl' : ''}; root ${root}; ${tls} } }
`,
	);
	const child = spawn('nginx', ['-p', work, '-c', configuration], { stdio: 'ignore' });
	const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`;
	for (let tries = 0; tries < 100; tries += 1) {
		if (await isListening(port)) {
			return { url, cacert, pid: child.pid, stop: () => child.kill('SIGTERM') };
		}
		await sleep(20);
	}
	throw new Error('nginx did not start');
}

function createCertificate(work) {
	const cacert = join(work, 'cert.pem');
	const { status, stderr } = spawnSync('openssl', [
		...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
		...['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
		...['-keyout', join(work, 'key.pem'), '-out', cacert],
	]);
	if (status !== 0) {
		throw new Error(`openssl: ${stderr}`);
	}
	return cacert;
}

async function isListening(port) {
	const socket = connect(port, '127.0.0.1');
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

/** nginx cannot report a port chosen by the kernel, so it gets one that was free a moment ago. */
async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}
