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

	it('go to the origins of the list; elsewhere only those that hold no secret', async () => {
		redirect(home, '/a', '/b');
		redirect(home, '/b', `${abroad.url}/c`);
		redirect(abroad, '/c', `${abroad.url}/d`);
		redirect(abroad, '/d', `${home.url}/e.gif`);

		const headers = { ...SECRETS, 'x-api-key': 'secret', accept: 'a/b', 'user-agent': 'mine' };
		const outcome = await get(`${home.url}/a`, { headers });

		const all = ['Bearer secret', 'session=secret', 'Basic secret'];
		expect(outcome.status).toBe('ok');
		expect(paths(home)).toEqual(['/a', '/b', '/e.gif']);
		expect(fieldsOf(home, ...NAMES)).toEqual([all, all, all]);
		expect(fieldsOf(abroad, ...NAMES)).toEqual([[], []].map(() => NAMES.map(() => undefined)));
		expect(fieldsOf(home, 'host')).toEqual([['home.example'], ['home.example'], ['home.example']]);
		expect(fieldsOf(abroad, 'host')[0]).toEqual([new URL(abroad.url).host]);
		const seen = (server: HoldServer) => fieldsOf(server, 'x-api-key', 'accept', 'user-agent');
		expect(seen(home)).toEqual(Array(3).fill(['secret', 'a/b', 'mine']));
		expect(seen(abroad)).toEqual(Array(2).fill([undefined, 'a/b', 'mine']));
	});

	it('go elsewhere if they are of the few that servers choose by', async () => {
		redirect(home, '/a', `${abroad.url}/b.gif`);
		const given = {
			accept: '1',
			'accept-language': '2',
			referer: '3',
			'user-agent': '4',
			accepted: 'no',
			'x-accept': 'no',
			'referer-key': 'no',
			'user-agent-key': 'no',
			origin: 'no',
			range: 'bytes=0-',
			'x-amz-security-token': 'no',
			'private-token': 'no',
		};

		await get(`${home.url}/a`, { headers: given });

		const names = Object.keys(given) as (keyof typeof given)[];
		expect(fieldsOf(home, ...names)).toEqual([names.map((name) => given[name])]);
		expect(fieldsOf(abroad, ...names)).toEqual([
			names.map((name) => (/^\d$/.test(given[name]) ? given[name] : undefined)),
		]);
	});

	it('go to all mirrors of a target, also where one redirects to another', async () => {
		const third = await startHoldServer();
		onTestFinished(async () => await third.close());
		redirect(home, '/a', `${abroad.url}/b`);
		redirect(abroad, '/b', `${third.url}/c.gif`);
		const headers = { 'x-api-key': 'secret' };

		const outcome = await get(`${home.url}/a`, { headers }, { mirrors: [`${abroad.url}/m`] });

		expect(outcome.status).toBe('ok');
		expect([home, abroad, third].map((server) => fieldsOf(server, 'x-api-key'))).toEqual([
			[['secret']],
			[['secret']],
			[[undefined]],
		]);
	});

	it('go to the metadata of the list, and not where those redirect to', async () => {
		redirect(home, '/a.json', `${abroad.url}/b.json`);
		abroad.answer('/b.json', (_request, response) => response.end('{"country":"Atlantis"}'));
		const metadataUrl = `${home.url}/a.json`;
		const naming = { metadataUrl, directory: folder, extension: '.gif' };

		await get(`${home.url}/a.gif`, { headers: { 'x-api-key': 'secret' } }, { naming });

		expect(paths(home)).toEqual(['/a.json', '/a.gif']);
		expect(fieldsOf(home, 'x-api-key')).toEqual([['secret'], ['secret']]);
		expect(fieldsOf(abroad, 'x-api-key')).toEqual([[undefined]]);
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
