// A typical first version: everything at once, and only the status is checked.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

const urls = readFileSync(process.env.FLAGDL_LIST, 'utf8').trim().split('\n');
await Promise.all(
	urls.map(async (url) => {
		const response = await fetch(url);
		if (!response.ok) {
			throw new Error(`${url}: ${response.status}`);
		}
		await writeFile(basename(url), Buffer.from(await response.arrayBuffer()));
	}),
);
