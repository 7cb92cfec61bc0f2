import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import type { SmokeReport } from '../../src/smoke/results.ts';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { GIF } from '../helpers/held-content.ts';

const smoke = async (folder: string, ...args: readonly string[]) => {
	const ran = await flagdl(['smoke', ...args, '--report', 'r.json'], folder);
	const report = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as SmokeReport;
	return { ...ran, ...report };
};

async function serveScenario(name: string): Promise<string> {
	const server = await startFlagServer({ scenario: loadScenario(name, '.').scenario });
	onTestFinished(async () => await server.close());
	return server.url;
}

async function serve(answer: RequestListener): Promise<string> {
	const server = createServer(answer).listen(0, '127.0.0.1');
	onTestFinished(() => void server.close());
	await new Promise((listening) => server.once('listening', listening));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a server of your own', () => {
	it('passes where all is there, by every strategy', async ({ folder }) => {
		const url = await serveScenario('local');

		const { code, stdout, runs } = await smoke(
			folder,
			'-s',
			url,
			'br',
			'cn',
			'--threshold',
			'failed == 0',
		);

		expect(stdout).toContain('sequential    2 of 2 files');
		expect(runs.map(({ labels }) => labels['strategy'])).toEqual([
			'sequential',
			'threads',
			'async',
		]);
		expect(code).toBe(0);
	});

	it('that is dead is exit code 4, and one run is made', async ({ folder }) => {
		const args = ['smoke', '-s', 'http://127.0.0.1:9/flags', 'br', 'cn', '--retry', '0', '--json'];

		const { code, stdout, stderr } = await flagdl(args, folder);

		expect(stderr).toContain('http://127.0.0.1:9/flags cannot be reached');
		expect(stdout).not.toContain('"smoke.run"');
		expect(code).toBe(4);
	});

	it('is asked by one run after the other', async ({ folder }) => {
		let inFlight = 0;
		let most = 0;
		const url = await serve((_request, response) => {
			inFlight += 1;
			most = Math.max(most, inFlight);
			response.once('close', () => {
				inFlight -= 1;
			});
			setTimeout(() => response.writeHead(404).end(), 20);
		});

		const { start } = await smoke(folder, '-s', url, 'br', 'cn', 'in', '-c', '2');

		expect(start.lanes).toBe(1);
		expect(most).toBe(2);
	});

	it('fails with the reason for each file that cannot be had', async ({ folder }) => {
		const url = await serve((request, response) => {
			if (request.url?.includes('/br/') === true) {
				response.writeHead(404).end();
			} else {
				response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
			}
		});

		const args = ['-s', url, 'br', 'cn', '--strategies', 'async', '--retry', '0'];
		const { code, runs } = await smoke(folder, ...args);

		expect(runs[0]?.findings.map(({ check, target }) => [check, target])).toEqual([
			['missed', 'BR'],
			['missed', 'CN'],
		]);
		expect(runs[0]?.findings.map(({ message }) => /\((\w+)\)$/.exec(message)?.[1])).toEqual([
			'http_404',
			'content_type',
		]);
		expect(code).toBe(3);
	});

	it('fails where it has other bytes every time', async ({ folder }) => {
		let count = 0;
		const url = await serve((_request, response) => {
			count += 1;
			response.writeHead(200, { 'content-type': 'image/gif' }).write(GIF);
			response.end(` ${count}`);
		});

		const { code, runs } = await smoke(folder, '-s', url, 'br', '--strategies', 'async,sequential');

		expect(runs.map(({ findings }) => findings.map(({ check }) => check))).toEqual([
			[],
			['differs'],
		]);
		expect(code).toBe(3);
	});

	it('fails where a checksum does not match', async ({ folder }) => {
		const url = await serveScenario('local');
		const { writeFile } = await import('node:fs/promises');
		await writeFile(join(folder, 'sums'), `${'0'.repeat(64)}  br.gif\n`);

		const args = ['-s', url, 'br', '--strategies', 'async', '--retry', '0', '--checksums', 'sums'];
		const { code, runs } = await smoke(folder, ...args);

		expect(runs[0]?.findings[0]?.message).toContain('checksum_mismatch');
		expect(code).toBe(3);
	});

	it('may be a list', async ({ folder }) => {
		const url = await serveScenario('local');
		const { writeFile } = await import('node:fs/promises');
		await writeFile(join(folder, 'list.txt'), `${url}/flags/br/br.gif\n`);

		const { code, start } = await smoke(folder, '-i', 'list.txt', '--strategies', 'async');

		expect(start.server).toBe('list.txt');
		expect(code).toBe(0);
	});
});
