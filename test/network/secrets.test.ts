import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { suiteFolder, temporaryFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const identity = authority.issue('origin');

let folder: string;
let home: HoldServer;
let abroad: HoldServer;

beforeEach(async () => {
	folder = await temporaryFolder();
	home = await startHoldServer();
	abroad = await startHoldServer();
	onTestFinished(async () => {
		await home.close();
		await abroad.close();
	});
});

async function get(
	url: string,
	options: Partial<DownloadOptions> = {},
	more: Partial<Target> = {},
): Promise<Outcome> {
	const target = { id: url, index: 0, url, dest: join(folder, 'a.gif'), ...more };
	const context = contextWith({ retries: 0, caCertificates: authority.cert, ...options });
	return await download(target, context);
}

function redirect(
	from: HoldServer,
	path: string,
	location: string | undefined,
	status = 302,
): void {
	from.answer(path, (_request, response: ServerResponse) => {
		const headers = location === undefined ? {} : { location };
		response.writeHead(status, { ...headers, 'content-type': 'text/html' }).end('<a>moved</a>');
	});
}

const paths = ({ requests }: HoldServer) => requests.map(({ url }) => url);
const fieldsOf = (server: HoldServer, ...names: (keyof IncomingHttpHeaders)[]) =>
	server.requests.map(({ headers }) => names.map((name) => headers[name]));

describe('fields of -H', () => {
	const SECRETS = {
		authorization: 'Bearer secret',
		cookie: 'session=secret',
		'proxy-authorization': 'Basic secret',
		host: 'home.example',
	};
	const NAMES = ['authorization', 'cookie', 'proxy-authorization'];

	it('that are secret go to the origin they were given for, and to no other', async () => {
		redirect(home, '/a', '/b');
		redirect(home, '/b', `${abroad.url}/c`);
		redirect(abroad, '/c', `${abroad.url}/d`);
		redirect(abroad, '/d', `${home.url}/e.gif`);

		const headers = { ...SECRETS, 'x-other': 'for all', 'user-agent': 'mine' };
		const outcome = await get(`${home.url}/a`, { headers });

		const all = ['Bearer secret', 'session=secret', 'Basic secret'];
		expect(outcome.status).toBe('ok');
		expect(paths(home)).toEqual(['/a', '/b', '/e.gif']);
		expect(fieldsOf(home, ...NAMES)).toEqual([all, all, all]);
		expect(fieldsOf(abroad, ...NAMES)).toEqual([[], []].map(() => NAMES.map(() => undefined)));
		expect(fieldsOf(home, 'host')).toEqual([['home.example'], ['home.example'], ['home.example']]);
		expect(fieldsOf(abroad, 'host')[0]).toEqual([new URL(abroad.url).host]);
		expect(fieldsOf(abroad, 'x-other', 'user-agent')).toEqual([
			['for all', 'mine'],
			['for all', 'mine'],
		]);
	});

	it('do not go to another scheme or port of the same host either', async () => {
		const seen: IncomingHttpHeaders[] = [];
		const secure = await startTlsOrigin(identity, {
			answer: (request, response) => {
				seen.push(request.headers);
				response.end();
			},
		});
		redirect(home, '/a', `https://127.0.0.1:${secure.port}/b`);

		await get(`${home.url}/a`, { headers: SECRETS });

		expect(seen.map((headers) => NAMES.map((name) => headers[name]))).toEqual([
			NAMES.map(() => undefined),
		]);
	});
});

describe('a user and password', () => {
	const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

	it('of a target go to its origin alone, as Basic, and are in no outcome', async () => {
		redirect(home, '/a', '/b');
		redirect(home, '/b', `${abroad.url}/c.gif`);

		const outcome = await get(
			`${home.url}/a`,
			{},
			{ credentials: { [home.url]: 'u%40x:s%25cret' } },
		);

		expect(outcome.status).toBe('ok');
		expect(fieldsOf(home, 'authorization')).toEqual([[basic('u@x:s%cret')], [basic('u@x:s%cret')]]);
		expect(fieldsOf(abroad, 'authorization')).toEqual([[undefined]]);
		expect(JSON.stringify(outcome.attempts)).not.toContain('cret');
	});

	it('give way to an Authorization of -H, as with curl', async () => {
		const credentials = { [home.url]: 'u:p' };

		await get(`${home.url}/a`, { headers: { authorization: 'Bearer t' } }, { credentials });

		expect(fieldsOf(home, 'authorization')).toEqual([['Bearer t']]);
	});

	it('of a redirect are sent where it leads, and shown nowhere', async () => {
		redirect(home, '/a', abroad.url.replace('//', '//u:secret@'));
		redirect(abroad, '/', '/b.gif');

		const outcome = await get(`${home.url}/a`);

		expect(outcome.status).toBe('ok');
		expect(fieldsOf(abroad, 'authorization')).toEqual([[basic('u:secret')], [basic('u:secret')]]);
		expect(JSON.stringify(outcome)).not.toContain('secret');
	});

	it('in the URL of a target that has not been taken apart is refused', async () => {
		const outcome = await get(home.url.replace('//', '//u:secret@'), {}, { id: 'x' });

		expect(outcome.failure?.code).toBe('bad_url');
		expect(outcome.failure?.message).not.toContain('secret');
		expect(home.requests).toHaveLength(0);
	});
});
