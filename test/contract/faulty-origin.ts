import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import fc from 'fast-check';

/** Forms of a response; `well` is the file, whole or as a range. */
type Answer = 'well' | 'http_500' | 'http_404' | 'cut_off' | 'reset' | 'short_page';

/** A file of an origin and its responses, a pure function of path and attempt. */
export interface OriginFile {
	readonly path: string;
	readonly sizeBytes: number;
	readonly validator: 'etag' | 'last-modified' | 'none';
	/** Responses to the first attempts of a run; later ones get `then`. */
	readonly first: readonly Answer[];
	readonly then: Answer;
	/** Its entry in the list. */
	readonly hasDigest: boolean;
	readonly isJson: boolean;
}

const KIB = 1024;
/** Parts of this size or more are kept for a resume. */
const MIB = KIB * KIB;

const answer = fc.constantFrom<Answer>('http_500', 'cut_off', 'reset', 'short_page', 'http_404');

/** Files with different names, some of them large enough for a resume. */
export const originFiles: fc.Arbitrary<readonly OriginFile[]> = fc
	.array(
		fc.record({
			folder: fc.constantFrom('', 'a/', 'a/b/', 'ü é/'),
			sizeBytes: fc.oneof(
				{ weight: 4, arbitrary: fc.integer({ min: 1, max: 6 * KIB }) },
				{ weight: 1, arbitrary: fc.integer({ min: 2 * MIB, max: 2.5 * MIB }) },
			),
			validator: fc.constantFrom('etag', 'last-modified', 'none'),
			first: fc.oneof(fc.constant([]), fc.array(answer, { maxLength: 2 })),
			then: fc.oneof({ weight: 8, arbitrary: fc.constant<Answer>('well') }, answer),
			hasDigest: fc.boolean(),
			isJson: fc.boolean(),
		}),
		{ minLength: 2, maxLength: 10 },
	)
	.map((files) =>
		files.map(({ folder, ...file }, index) => ({ ...file, path: `/${folder}${index}.jpg.bin` })),
	);

/** A different content for each path, in which no two pieces are equal. */
export function contentOf({ path, sizeBytes }: OriginFile): Buffer {
	const line = createHash('sha256').update(path).digest('hex');
	const lines = Array.from({ length: Math.ceil(sizeBytes / 72) }, (_, at) => `${line} ${at}\n`);
	return Buffer.from(lines.join('').padEnd(sizeBytes)).subarray(0, sizeBytes);
}

/** Responds for these files. Attempts are counted for each run, which is named by a header. */
export function answerFiles(
	files: readonly OriginFile[],
): (request: IncomingMessage, response: ServerResponse) => void {
	const attempts = new Map<string, number>();
	const byPath = new Map(files.map((file) => [file.path, file]));
	return (request, response) => {
		const path = decodeURI(request.url ?? '');
		const file = byPath.get(path);
		if (file === undefined) {
			response.writeHead(404).end();
			return;
		}
		const key = `${String(request.headers['x-flagdl-run'])} ${path}`;
		const attempt = attempts.get(key) ?? 0;
		attempts.set(key, attempt + 1);
		respond(file, file.first[attempt] ?? file.then, request, response);
	};
}

function respond(
	file: OriginFile,
	how: Answer,
	{ headers, socket }: IncomingMessage,
	response: ServerResponse,
): void {
	switch (how) {
		case 'http_500':
		case 'http_404':
			response.writeHead(Number(how.slice(5))).end('no');
			return;
		case 'reset':
			// On a reused idle connection, a request without a response would be repeated without counting a retry.
			response.writeHead(200, { 'content-length': 100 });
			response.write('of a hundred', () => socket.resetAndDestroy());
			return;
		case 'short_page':
			// A complete page would be a valid file, since no name here is that of an image.
			response.writeHead(200, { 'content-type': 'text/html', 'content-length': 100 });
			response.write('<html>sign in</html>', () => socket.destroy());
			return;
		case 'well':
		case 'cut_off':
	}

	const validators = validatorsOf(file);
	const condition = headers['if-none-match'] ?? headers['if-modified-since'];
	if (condition !== undefined && Object.values(validators).includes(condition)) {
		response.writeHead(304, validators).end();
		return;
	}
	const content = contentOf(file);
	const range = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
	const isResumed =
		range !== undefined && Object.values(validators).includes(String(headers['if-range']));
	const from = isResumed ? Number(range) : 0;
	response.writeHead(isResumed ? 206 : 200, {
		...validators,
		'content-length': content.length - from,
		...(isResumed && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
	});
	if (how === 'well') {
		response.end(content.subarray(from));
	} else {
		const half = from + Math.ceil((content.length - from) * 0.7);
		response.write(content.subarray(from, Math.min(half, content.length - 1)), () => socket.end());
	}
}

function validatorsOf({ path, validator }: OriginFile): Readonly<Record<string, string>> {
	switch (validator) {
		case 'etag':
			return { etag: `"${createHash('sha1').update(path).digest('hex')}"` };
		case 'last-modified':
			return { 'last-modified': 'Wed, 01 May 2024 10:00:00 GMT' };
		case 'none':
			return {};
	}
}
