import { describe, expect, it } from 'vitest';
import { parseNoProxy } from '../../../src/download/connection/proxy.ts';

describe('parseNoProxy', () => {
	it.each([
		['example.org', 'http://example.org/', true],
		['example.org', 'https://www.example.org:8443/', true],
		['example.org', 'http://badexample.org/', false],
		['example.org', 'http://example.org.evil/', false],
		['.example.org', 'http://www.example.org/', true],
		['.example.org', 'http://example.org/', true],
		['*.example.org', 'http://a.b.example.org/', true],
		['EXAMPLE.org', 'http://Example.ORG/', true],
		['example.org.', 'http://example.org/', true],
		['example.org', 'http://example.org./', true],
		['example.org:8080', 'http://example.org:8080/', true],
		['example.org:8080', 'http://example.org/', false],
		['example.org:80', 'http://example.org/', true],
		['example.org:443', 'https://example.org/', true],
		['*', 'http://anything/', true],
		['a, b\tc  d', 'http://d/', true],
		['a,*', 'http://d/', true],
		['', 'http://a/', false],
		['127.0.0.1', 'http://127.0.0.1:3000/', true],
		['127.0.0.1', 'http://1.127.0.0.1.nip.io/', false],
		['0.0.1', 'http://127.0.0.1/', false],
		['::1', 'http://[::1]:3000/', true],
		['[::1]', 'http://[::1]/', true],
		['[::1]:3000', 'http://[::1]:3000/', true],
		['[::1]:3000', 'http://[::1]:3001/', false],
		['10.0.0.0/8', 'http://10.1.2.3/', true],
		['10.0.0.0/8', 'http://11.1.2.3/', false],
		['10.0.0.0/8', 'http://ten.example/', false],
		['fd00::/8', 'http://[fd12::1]/', true],
		['fd00::/8', 'http://[fe80::1]/', false],
		['nonsense/8', 'http://nonsense/', false],
		['10.0.0.0/99', 'http://10.0.0.0/', false],
	])('%j and %s', (list, url, direct) => {
		expect(parseNoProxy(list)(new URL(url))).toBe(direct);
	});
});
