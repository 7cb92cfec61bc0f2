// A typical second version: sequential, prints errors, retries three times.
import { createWriteStream, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';

const urls = readFileSync(process.env.FLAGDL_LIST, 'utf8').trim().split('\n');
for (const url of urls) {
	for (let attempt = 1; attempt <= 4; attempt += 1) {
		try {
			const { statusCode, body } = await request(url, { headersTimeout: 1000, bodyTimeout: 1000 });
			if (statusCode !== 200) {
				throw new Error(`${statusCode}`);
			}
			await pipeline(body, createWriteStream(basename(url)));
			break;
		} catch (error) {
			console.error(`${url}: ${error.message}`);
		}
	}
}
