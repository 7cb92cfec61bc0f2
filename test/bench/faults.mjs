// One file through each fault, with default options: content on disk, exit code, requests.
//
//   npm run bench:faults
//
// "good": the right bytes under the final name; "raw": the same, still encoded;
// `twice`: two failures before a good response.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { available, BIN, folder, measure, serve } from './peers/measure.mjs';

const status = (code, rest = {}) => ({ type: 'status', status: code, ...rest });
const FAULTS = {
	'503, twice': ['1-2', status(503)],
	'429 + Retry-After: 1, twice': ['1-2', status(429, { retryAfter: '1s' })],
	'500, twice': ['1-2', status(500)],
	404: ['*', status(404)],
	'truncated, twice': ['1-2', { type: 'truncate' }],
	'truncated, always': ['*', { type: 'truncate' }],
	'reset before headers, twice': ['1-2', { type: 'reset' }],
	'200 without content, always': ['*', { type: 'substitute', with: 'empty-200' }],
	'200 text/html for an image, always': ['*', { type: 'substitute', with: 'html-200' }],
	'stored as gzip': ['*', { type: 'encoded', coding: 'gzip' }],
	'half of a stored gzip, twice': ['1-2', { type: 'encoded', coding: 'gzip', broken: true }],
	'Transfer-Encoding: gzip, unasked': ['*', { type: 'encoded', coding: 'gzip', as: 'transfer' }],
	'100 Continue, unasked': ['*', { type: 'continue' }],
	'two lengths, always': ['*', { type: 'malformed', what: 'content-length-twice' }],
	'bytes after the end': ['*', { type: 'malformed', what: 'bytes-after-end' }],
	'cookie wall': ['*', { type: 'cookie-wall' }],
};
const truth = readFileSync(join(import.meta.dirname, '../../fixtures/flags/br/br.gif'));
const peers = {
	flagdl: (url) => [process.execPath, BIN, url, '-d', '.'],
	curl: (url) => ['curl', '-s', '-o', 'br.gif', url],
	'curl -f --retry 4': (url) => [
		'curl',
		'-s',
		'-f',
		'--retry',
		'4',
		'--remove-on-error',
		'-o',
		'br.gif',
		url,
	],
	'curl --retry-all-errors': (url) => [
		...['curl', '-s', '-L', '--fail', '--retry', '4', '--retry-all-errors', '--remove-on-error'],
		...['-o', 'br.gif', url],
	],
	aria2c: (url) => ['aria2c', '-q', url],
	wget2: (url) => ['wget2', '-q', url],
};
const there = new Set(available(['curl', 'aria2c', 'wget2']));
const names = Object.keys(peers).filter(
	(name) => name === 'flagdl' || there.has(name.split(' ')[0]),
);

console.log(`| fault | ${names.join(' | ')} |\n|---|${names.map(() => '---').join('|')}|`);
// npm run bench:faults -- gzip: rows whose name contains it.
const [wanted = ''] = process.argv.slice(2);
const rows = Object.entries(FAULTS).filter(([name]) => name.includes(wanted));
for (const [name, [attempts, then]] of rows) {
	const cells = [];
	for (const peer of names) {
		cells.push(await cell(peers[peer], attempts, then));
	}
	console.log(`| ${name} | ${cells.join(' | ')} |`);
}

async function cell(command, attempts, then) {
	const place = folder();
	const scenario = join(place.path, 'scenario.json');
	writeFileSync(
		scenario,
		JSON.stringify({ version: 1, name: 'one', rules: [{ id: 'one', attempts, then }] }),
	);
	const server = await serve(['--scenario', scenario]);
	const { wallS, status: code } = measure(command(`${server.url}/flags/br/br.gif`), place.path);
	const { requests } = await (await fetch(`${server.url}/__flagdl/log`)).json();
	server.stop();
	const found = judge(join(place.path, 'br.gif'));
	place.remove();
	return `${found}, exit ${code}, ${requests.length} req, ${wallS.toFixed(1)} s`;
}

function judge(path) {
	if (!existsSync(path)) {
		return 'no file';
	}
	const content = readFileSync(path);
	if (content.equals(truth)) {
		return 'good';
	}
	try {
		// RFC 9110 does not require a client to decode a content coding.
		return gunzipSync(content).equals(truth) ? 'raw' : '**wrong file**';
	} catch {
		return '**wrong file**';
	}
}
