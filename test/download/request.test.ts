import { getEventListeners } from 'node:events';
import { describe, expect } from 'vitest';
import { AttemptLog } from '../../src/download/attempt-log.ts';
import type { DownloadContext } from '../../src/download/context.ts';
import { parseUrl } from '../../src/download/http/redirect.ts';
import type { HttpResponse } from '../../src/download/http/response.ts';
import { type HttpRequest, request } from '../../src/download/request.ts';
import { contextWith } from '../helpers/download.ts';
import { it } from '../helpers/fixtures.ts';
import { answerGif, type HoldServer } from '../helpers/hold-server.ts';

/** A request for a file of the server, and the controller of its signal. */
function requestFor(server: HoldServer, name: string, rest: Partial<HttpRequest> = {}) {
	const target = { id: name, index: 0, url: `${server.url}/${name}`, dest: `/${name}` };
	const own = new AbortController();
	const spec = {
		...{ target, url: parseUrl(target, target.url), log: new AttemptLog(true) },
		...{ signal: own.signal, progress: undefined, ...rest },
	};
	return { spec, own };
}

const read = async ({ status, exchange }: HttpResponse) => {
	for (let chunks = await exchange.read(); chunks !== undefined; chunks = await exchange.read()) {
		// Only the status is needed.
	}
	return status;
};

const send = async (spec: HttpRequest, context: DownloadContext) =>
	await request(spec, context, read);

describe('a request', () => {
	it('brings the login without a host to the origin of its target', async ({ server }) => {
		const context = contextWith({ logins: [{ user: 'me', password: 'secret' }] });

		await send(requestFor(server, 'br.gif').spec, context);

		const [sent] = server.requests;
		expect(sent?.headers.authorization).toBe(`Basic ${btoa('me:secret')}`);
	});

	it('is not sent if it was aborted while it waited for its slot', async ({ server }) => {
		const context = contextWith({}, 1);
		server.hold('/br.gif');
		const first = send(requestFor(server, 'br.gif').spec, context);
		await server.arrivals(1);
		const { spec, own } = requestFor(server, 'cn.gif');
		const second = send(spec, context);
		const reason = new Error('not wanted any more');

		own.abort(reason);
		server.release('/br.gif');

		await expect(second).rejects.toBe(reason);
		await first;
		expect(server.requests.map(({ url }) => url)).toEqual(['/br.gif']);
		expect(spec.log).toMatchObject({ requests: 0, attempts: [] });
	});

	it('leaves no listener on its signal', async ({ server }) => {
		const { spec, own } = requestFor(server, 'br.gif');

		await send(spec, contextWith());

		expect(getEventListeners(own.signal, 'abort')).toEqual([]);
	});

	it('has no code if it succeeds, and the time that the server says it took', async ({
		server,
	}) => {
		server.answer('/br.gif', (incoming, response) => {
			response.setHeader('server-timing', 'served;dur=12.5');
			answerGif(incoming, response);
		});
		const { spec } = requestFor(server, 'br.gif');

		await send(spec, contextWith());

		expect(spec.log.attempts?.map((attempt) => ({ ...attempt }))).toEqual([
			expect.objectContaining({ status: 200, servedMs: 12.5 }),
		]);
		expect(spec.log.attempts?.[0]).not.toHaveProperty('code');
	});

	it.for([
		[404, 'http_404'],
		[416, 'http_416'],
	] as const)(
		'with a condition that is no range fails by a %i',
		async ([status, code], { server }) => {
			server.answer('/br.gif', (_, response) => response.writeHead(status).end());
			const { spec } = requestFor(server, 'br.gif');
			const precondition = {
				url: spec.url.href,
				isRange: false,
				fields: { 'if-none-match': '"a"' },
			};

			await expect(send({ ...spec, precondition }, contextWith())).rejects.toMatchObject({ code });
		},
	);

	it('for a range consumes a 416 of its own URL only', async ({ server }) => {
		server.answer('/br.gif', (_, response) => response.writeHead(416).end());
		const { spec } = requestFor(server, 'br.gif');
		const fields = { range: 'bytes=5-', 'if-range': '"a"' };
		const own = { url: spec.url.href, isRange: true, fields };
		const other = { ...own, url: `${server.url}/cn.gif` };

		await expect(send({ ...spec, precondition: own }, contextWith())).resolves.toMatchObject({
			value: 416,
		});
		await expect(send({ ...spec, precondition: other }, contextWith())).rejects.toMatchObject({
			code: 'http_416',
		});
	});

	it('has lost to another mirror if its own signal is aborted, but not if its consumer fails', async ({
		server,
	}) => {
		server.hold('/br.gif');
		const { spec, own } = requestFor(server, 'br.gif');
		const lost = send(spec, contextWith());
		await server.arrivals(1);
		own.abort(new Error('another was first'));
		await expect(lost).rejects.toThrow('another was first');
		server.release('/br.gif');
		const { spec: failing } = requestFor(server, 'cn.gif');
		const failed = request(failing, contextWith(), () => {
			throw new TypeError('a bug');
		});
		await expect(failed).rejects.toThrow('a bug');

		expect(spec.log.attempts?.[0]).toHaveProperty('code', 'beaten');
		expect(failing.log.attempts?.[0]).not.toHaveProperty('code');
	});
});
