import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { makeLenient } from '../../../src/download/connection/lenient-parser.ts';
import { OK, PAUSED } from '../../../src/download/connection/llhttp-input.ts';
import type { RefusedByParser } from '../../../src/download/connection/refused-by-parser.ts';

const SWITCHES = [
	'llhttp_set_lenient_headers',
	'llhttp_set_lenient_keep_alive',
	'llhttp_set_lenient_optional_cr_before_lf',
	'llhttp_set_lenient_spaces_after_chunk_size',
];

/** A parser like that of undici for each connection, which records what it receives. */
class FakeParser {
	ptr: unknown = 7;
	contentLength: unknown = '';
	statusCode: unknown = 200;
	headers: unknown = [];
	chunk: Buffer | undefined;
	socket = {
		destroyed: false,
		error: undefined as RefusedByParser | undefined,
		destroy(error: RefusedByParser) {
			this.error = error;
		},
	};
	needsEof = 0;
	result: number = OK;
	told: unknown[] = [];
	readonly llhttp: Record<string, unknown> = {
		memory: { buffer: new ArrayBuffer(8) },
		llhttp_execute() {},
		llhttp_get_error_pos() {},
		llhttp_resume() {},
		llhttp_message_needs_eof: () => this.needsEof,
		...Object.fromEntries(
			SWITCHES.map((name) => [name, (...given: number[]) => this.told.push([name, ...given])]),
		),
	};

	execute(chunk: Buffer): void {
		this.told.push([chunk, this.chunk]);
	}
	onHeadersComplete(...given: unknown[]): number {
		this.told.push(given);
		return this.result;
	}
	trackHeader(bytes: number): void {
		this.told.push(bytes);
	}
	createError(code: number, rest: Buffer): Error {
		this.told.push([code, rest, this.contentLength]);
		return new Error('Response does not match the HTTP/1.1 protocol (Invalid chunk size)');
	}
}

const hook = (parser: unknown, name = 'parser') =>
	makeLenient({ [Symbol('other')]: {}, [Symbol(name)]: parser } as unknown as Socket);

function lenient(headers: string[] = [], of: Partial<FakeParser> = {}): FakeParser {
	const parser = Object.assign(new FakeParser(), of);
	parser.headers = headers.map((text) => Buffer.from(text));
	expect(hook(parser)).toBe(true);
	parser.told = [];
	return parser;
}

describe('the parser of a connection', () => {
	it('is made lenient, and no other one is changed', () => {
		const [parser, other] = [new FakeParser(), new FakeParser()];

		expect(hook(parser)).toBe(true);

		expect(parser.told).toEqual(SWITCHES.map((name) => [name, 7, 1]));
		expect(Object.keys(parser)).toContain('execute');
		expect(Object.keys(other)).not.toContain('execute');
	});

	it.each<[name: string, parser: unknown]>([
		['none', undefined],
		['null', null],
		['a function', () => {}],
		...['ptr', 'contentLength', 'statusCode', 'headers', 'llhttp'].map(
			(name): [string, unknown] => [
				`without ${name}`,
				Object.assign(new FakeParser(), { [name]: undefined }),
			],
		),
		...Object.keys(new FakeParser().llhttp).map((name): [string, unknown] => {
			const parser = new FakeParser();
			parser.llhttp[name] = undefined;
			return [`without ${name}`, parser];
		}),
		['whose memory is another', Object.assign(new FakeParser(), { llhttp: { memory: {} } })],
		...['execute', 'onHeadersComplete', 'trackHeader', 'createError'].map(
			(name): [string, unknown] => {
				class Other extends FakeParser {}
				Object.defineProperty(Other.prototype, name, { value: undefined });
				return [`without ${name}()`, new Other()];
			},
		),
	])('that is not known stays as it is: %s', (_name, parser) => {
		expect(hook(parser)).toBe(false);
	});

	it('is found by its name alone', () => {
		expect(hook(new FakeParser(), 'parsers')).toBe(false);
		expect(makeLenient({} as unknown as Socket)).toBe(false);
	});

	it('knows the bytes that it is parsing, as long as it does', () => {
		const parser = lenient();
		const chunk = Buffer.from('x');

		parser.execute(chunk);

		expect(parser.told).toEqual([[chunk, chunk]]);
		expect(parser.chunk).toBeUndefined();
	});

	it('counts each field for more than its bytes, until the connection is gone', () => {
		const parser = lenient();
		parser.trackHeader(5);
		parser.socket.destroyed = true;
		parser.trackHeader(5);

		expect(parser.told).toEqual([21]);
	});

	it.each<[status: number, headers: string[], of: Partial<FakeParser>, isChunked: boolean]>([
		[200, ['Transfer-Encoding', 'chunked'], {}, true],
		[299, ['a', 'b', 'transfer-encoding', 'gzip, Chunked '], {}, true],
		[200, ['Transfer-Encoding', 'chunked'], { contentLength: '5' }, false],
		[199, ['Transfer-Encoding', 'chunked'], {}, false],
		[200, ['Transfer-Encoding', 'chunked x'], {}, false],
		[200, ['Transfer-Encoding', 'xchunked'], {}, false],
		[200, ['X-Transfer-Encoding', 'chunked'], {}, false],
		[200, ['Transfer-Encoding-X', 'chunked'], {}, false],
		[200, ['a', 'transfer-encoding', 'chunked', 'b'], {}, false],
		[200, ['Transfer-Encoding'], {}, false],
		[200, [], { needsEof: 1 }, false],
	])('stops before the chunks of a response %i with %j and %j: %s', (...row) => {
		const [status, headers, of, isChunked] = row;
		const parser = lenient(headers, of);

		expect(parser.onHeadersComplete(status, false, true)).toBe(isChunked ? PAUSED : OK);

		expect(parser).toMatchObject({ isBeforeChunks: isChunked, told: [[status, false, true]] });
		expect((parser as { chunkLines?: unknown }).chunkLines !== undefined).toBe(isChunked);
		parser.result = 2;
		expect(parser.onHeadersComplete(status, false, true)).toBe(2);
		expect(parser).toMatchObject({ isBeforeChunks: false });
	});

	it('refuses chunks that another line of the field undoes', () => {
		const parser = lenient(['Transfer-Encoding', 'chunked', 'Transfer-Encoding', ''], {
			needsEof: 1,
		});

		expect(parser.onHeadersComplete(200, false, true)).toBe(-1);

		expect(parser.told).toEqual([]);
		expect(parser.socket.error).toMatchObject({
			code: 'transfer_coding',
			message: 'sent with Transfer-Encoding: chunked and another line behind it: not undone',
		});
	});

	it('takes 100 for an interim answer like any other', () => {
		const parser = lenient();
		parser.onHeadersComplete(100, false, true);
		parser.onHeadersComplete(101, true, false);

		expect(parser.told).toEqual([
			[102, false, true],
			[101, true, false],
		]);
	});

	it('says what it refuses, and of an early end only that the length is another', () => {
		const rest = Buffer.from('zz\r\n');
		const parser = lenient([], { contentLength: '5' });
		const early = parser.createError(14, rest);
		expect([early.message, parser.contentLength]).toEqual([
			'Response does not match the HTTP/1.1 protocol (Invalid chunk size)',
			'5',
		]);

		expect(parser.createError(12, rest)).toMatchObject({
			...{
				code: 'bad_http',
				message: expect.stringContaining('Invalid chunk size in "zz"') as string,
			},
		});
		expect(parser.told).toEqual([
			[14, rest, '5'],
			[12, rest, ''],
		]);
	});
});
