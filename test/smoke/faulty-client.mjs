// A small downloader that is correct except for the requested flaw:
//
//   node faulty-client.mjs [flaw]      reads FLAGDL_LIST, saves in the working directory
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FLAWS = [
	'no-retry-after-truncation',
	'non-atomic-write',
	'ignores-retry-after',
	'accepts-html',
	'retries-404',
	'drops-one',
];
const RETRIES = 3;
const PAUSE_MS = 150;
const SILENCE_MS = 1000;
const SLOTS = 8;
const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);

class Refused extends Error {}
class Truncated extends Error {}

const [, , flaw] = process.argv;
if (flaw !== undefined && !FLAWS.includes(flaw)) {
	throw new Error(`no such flaw: ${flaw}`);
}

const urls = readFileSync(process.env.FLAGDL_LIST, 'utf8').trim().split('\n');
if (flaw === 'drops-one') {
	urls.pop();
}
const queue = urls.values();
let missing = 0;

async function work() {
	for (const url of queue) {
		if (!(await download(url))) {
			missing += 1;
		}
	}
}

async function download(url) {
	for (let attempt = 0; attempt <= RETRIES; attempt += 1) {
		try {
			await fetchOnce(url);
			return true;
		} catch (error) {
			if (!isWorthARetry(error) || attempt === RETRIES) {
				console.error(`${basename(url)}: ${error.message}`);
				return false;
			}
			await sleep(flaw === 'ignores-retry-after' ? PAUSE_MS : (error.waitMs ?? PAUSE_MS));
		}
	}
	return false;
}

function isWorthARetry(error) {
	if (flaw === 'no-retry-after-truncation' && isTruncation(error)) {
		return false;
	}
	return !(error instanceof Refused) && error.cause?.code !== 'UND_ERR_HEADERS_OVERFLOW';
}

/** The body ended early, or without its end marker. */
function isTruncation(error) {
	return error instanceof Truncated || error.message === 'terminated';
}

async function fetchOnce(url) {
	const name = basename(url);
	const part = flaw === 'non-atomic-write' ? name : `${name}.${randomUUID()}.part`;
	const silence = new AbortController();
	const timer = setTimeout(() => silence.abort(new Error('stalled')), SILENCE_MS);
	try {
		const response = await follow(url, silence.signal);
		check(response);
		await writeFile(part, '');
		const chunks = [];
		for await (const chunk of response.body ?? []) {
			timer.refresh();
			chunks.push(chunk);
			await appendFile(part, chunk);
		}
		verify(Buffer.concat(chunks), response.headers);
		if (part !== name) {
			await rename(part, name);
		}
	} catch (error) {
		await rm(part, { force: true });
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

/** Follows redirects, and detects loops. */
async function follow(url, signal) {
	const seen = new Set();
	for (let at = url; ; ) {
		if (seen.has(at)) {
			throw new Refused('redirects in circles');
		}
		seen.add(at);
		const headers = { 'accept-encoding': 'identity' };
		const response = await fetch(at, { redirect: 'manual', headers, signal });
		const location = response.headers.get('location');
		if (location === null) {
			return response;
		}
		await response.body?.cancel();
		at = new URL(location, at).href;
	}
}

function check({ status, headers }) {
	const type = headers.get('content-type') ?? '';
	if (status === 200) {
		if (!type.startsWith('image/') && !acceptsHtml(headers)) {
			throw new Error(`it is ${type}`);
		}
		return;
	}
	if (status === 204) {
		throw new Error('no content');
	}
	const worthIt = RETRYABLE.has(status) || (status === 404 && flaw === 'retries-404');
	const error = worthIt ? new Error(`HTTP ${status}`) : new Refused(`HTTP ${status}`);
	throw Object.assign(error, { waitMs: retryAfterMs(headers.get('retry-after')) });
}

function acceptsHtml(headers) {
	return flaw === 'accepts-html' && headers.get('content-type')?.startsWith('text/html') === true;
}

function retryAfterMs(value) {
	if (value === null) {
		return undefined;
	}
	return /^\d+$/.test(value) ? Number(value) * 1000 : Math.max(0, Date.parse(value) - Date.now());
}

function verify(content, headers) {
	if (acceptsHtml(headers)) {
		return;
	}
	if (content.length === 0) {
		throw new Error('empty');
	}
	if (content.toString('latin1', 0, 3) !== 'GIF') {
		throw new Error('no GIF');
	}
	if (content.at(-1) !== 0x3b) {
		throw new Truncated('a GIF without its end');
	}
	const digest = /sha-256=:([^:]+):/.exec(headers.get('repr-digest') ?? '')?.[1];
	const found = createHash('sha256').update(content).digest('base64');
	if (digest !== undefined && digest !== found) {
		throw new Error('other bytes than announced');
	}
}

await Promise.all(Array.from({ length: SLOTS }, work));
process.exitCode = missing === 0 ? 0 : 1;
