import { describe, expect, it } from 'vitest';
import { parseHttpServer, parseTcpServer, queryOf } from '../../../src/cli/find/find.ts';
import { UsageError } from '../../../src/util/errors.ts';

describe('queryOf', () => {
	it('joins words by a blank', () => {
		expect(queryOf([' são', 'tomé '])).toBe('são tomé');
		expect(queryOf(['a'.repeat(1024)])).toHaveLength(1024);
	});

	it.each([
		[['', ' '], 'found nothing but space'],
		[['a\nb'], 'U+000A'],
		[['a\u0085b'], 'U+0085'],
		[['é'.repeat(513)], '1026 bytes'],
	])('refuses %j, which not every server would take', (words, message) => {
		expect(() => queryOf(words)).toThrow(UsageError);
		expect(() => queryOf(words)).toThrow(message);
	});
});

describe('parseHttpServer', () => {
	it('takes a URL', () => {
		expect(parseHttpServer('http://127.0.0.1:8000').href).toBe('http://127.0.0.1:8000/');
		expect(parseHttpServer('HTTPS://h/flags').href).toBe('https://h/flags');
	});

	it.each(['127.0.0.1:2323', 'ftp://h', 'REMOTE', ''])('refuses %j', (text) => {
		expect(() => parseHttpServer(text)).toThrow(UsageError);
		expect(() => parseHttpServer(text)).toThrow(`--server: found "${text}"; allowed: `);
	});

	it('says what is wrong with the port of a URL', () => {
		expect(() => parseHttpServer('http://h:99999')).toThrow('with an impossible port');
	});
});

describe('parseTcpServer', () => {
	it.each([
		['127.0.0.1:2323', '127.0.0.1', 2323],
		['localhost:1', 'localhost', 1],
		['[::1]:2323', '::1', 2323],
		['tcp://h:2323', 'h', 2323],
	])('takes %s', (text, host, port) => {
		expect(parseTcpServer(text)).toEqual({ host, port });
	});

	it.each(['h', 'h:0', 'h:65536', 'h:x', ':1', 'http://h:1', '::1:5', ''])('refuses %j', (text) => {
		expect(() => parseTcpServer(text)).toThrow(UsageError);
		expect(() => parseTcpServer(text)).toThrow('host:port');
	});
});
