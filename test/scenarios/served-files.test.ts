import { expect, it } from 'vitest';
import {
	FLAGS,
	flagCodes,
	flagPath,
	matches,
	matchingFiles,
	metadataPath,
	UPSTREAM_FILES,
} from '../../src/scenarios/served-files.ts';

it.each([
	['/a/*', '/a/b', true],
	['/a/*', '/a/', true],
	['/a/*', '/a/b/c', false],
	['/a/**', '/a/b/c', true],
	['/a/**', '/a/b\n/c', true],
	['/a/**/d', '/a/b/c/d', true],
	['/a?c', '/abc', true],
	['/a?c', '/a/c', false],
	['/a?c', '/ac', false],
	['/a.c', '/abc', false],
	['/a', '/ab', false],
	['/a', '/x/a', false],
	['/(a|b)[c]{1}^$+\\', '/(a|b)[c]{1}^$+\\', true],
	['/a b', '/a%20b', true],
	['/a%20b', '/a%20b', true],
	['/a%20b', '/a b', false],
	['/%zz*', '/%zzé', true],
	['/é', '/%zz', false],
])('the glob %j means the path %j: %s', (path, asked, isMeant) => {
	expect(matches({ path }, asked)).toBe(isMeant);
});

it.each([
	[undefined, '/flags/br/br.gif', true],
	[{}, '/x', true],
	[{ codes: ['jp', 'br'] }, '/flags/br/br.gif', true],
	[{ codes: ['jp'] }, '/flags/br/br.gif', false],
	[{ codes: ['br'] }, '/other/br/br.gif', false],
	[{ codes: ['br'], path: '/flags/**.gif' }, '/flags/br/br.gif', true],
	[{ codes: ['br'], path: '/flags/**.gif' }, '/flags/br/metadata.json', false],
	[{ codes: ['br'], path: '/flags/**.gif' }, '/flags/jp/jp.gif', false],
])('%j means %s: %s', (match, path, isMeant) => {
	expect(matches(match, path)).toBe(isMeant);
});

it('has a flag and its metadata of each country, and chooses from the flags', () => {
	expect(FLAGS.paths).toHaveLength(2 * 249);
	expect(FLAGS.paths.slice(0, 2)).toEqual(['/flags/ad/ad.gif', '/flags/ad/metadata.json']);
	expect(FLAGS.selectable).toEqual(flagCodes().map(flagPath));
	expect(matchingFiles({ codes: ['br'] }, FLAGS)).toEqual(['/flags/br/br.gif']);
	expect(matchingFiles(undefined, FLAGS)).toHaveLength(249);
	expect(metadataPath('br')).toBe('/flags/br/metadata.json');
	expect(UPSTREAM_FILES).toMatchObject({ paths: [], selectable: [], areOthers: true });
});
