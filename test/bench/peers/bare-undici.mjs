// The floor for a Node programme: undici's pool, a loop, and one synchronous write and rename a file.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';

const [list, out, slots] = process.argv.slice(2);
const files = readFileSync(list, 'utf8')
	.trim()
	.split('\n')
	.map((line) => line.split('\t'));
mkdirSync(out, { recursive: true });
const pool = new Pool(new URL(files[0][0]).origin, { connections: Number(slots) });
let next = 0;

async function lane() {
	while (next < files.length) {
		const [url, name] = files[next++];
		const { pathname, search } = new URL(url);
		const { statusCode, body } = await pool.request({ path: pathname + search, method: 'GET' });
		const content = Buffer.from(await body.arrayBuffer());
		if (statusCode !== 200) {
			throw new Error(`${url}: ${statusCode}`);
		}
		writeFileSync(join(out, `${name}.part`), content);
		renameSync(join(out, `${name}.part`), join(out, name));
	}
}

await Promise.all(Array.from({ length: Number(slots) }, lane));
await pool.close();
