import { join } from 'node:path';
import { isReservedName } from '../targets/destination.ts';
import { safeFileName } from '../targets/safe-file-name.ts';
import type { Naming, Target } from '../targets/target.ts';
import { quote } from '../util/text.ts';
import { type Answer, drain } from './answer.ts';
import { SeenWhole } from './content.ts';
import type { DownloadContext } from './context.ts';
import { DownloadError } from './download-error.ts';
import type { Inquiry } from './inquiry.ts';
import { parseUrl } from './parse-url.ts';
import { retrying } from './retrying.ts';
import type { Tally } from './tally.ts';
import { expectationOf, verify } from './verify.ts';

const METADATA_MAX_BYTES = 64 * 1024;

/**
 * `--with-names`: asks the metadata what the file is called.
 *
 * @returns Absolute path; the name is made safe, and this target has it for the whole run.
 * @throws {DownloadError}
 */
export async function nameFromMetadata(
	target: Target,
	naming: Naming,
	tally: Tally,
	context: DownloadContext,
): Promise<string> {
	const { signal } = context;
	// The checksum, if any, is that of the file: it proves nothing of this document.
	const { sha256: _, ...document } = target;
	const inquiry: Inquiry<string> = {
		target: document,
		place: parseUrl(target, naming.metadataUrl),
		tally,
		signal,
		headersFor: () => undefined,
		asksRangeOf: () => false,
		take: async (answer) => await readCountry(answer, document),
	};
	const country = await retrying(inquiry, context);
	const name = safeFileName(`${country}${naming.extension}`);
	if (name === undefined) {
		throw badMetadata(target, `no file can be called ${quote(country)}`);
	}
	if (isReservedName(name)) {
		throw badMetadata(target, `flagdl itself needs the name ${name}`);
	}
	const dest = join(naming.directory, name);
	if (await context.names.claim(dest, target.id)) {
		return dest;
	}
	const message = `another target of this run is called ${name}`;
	throw new DownloadError(target, message, { code: 'destination_taken' });
}

async function readCountry(answer: Answer, target: Target): Promise<string> {
	const wanted = { target, dest: 'metadata.json', maxBytes: METADATA_MAX_BYTES };
	const expectation = expectationOf(wanted, answer);
	const chunks: Buffer[] = [];
	for (let read = await answer.exchange.read(); read !== undefined; ) {
		chunks.push(...read);
		if (answer.exchange.bytes > METADATA_MAX_BYTES) {
			await drain(answer.exchange);
			throw badMetadata(target, `the metadata are longer than ${METADATA_MAX_BYTES} bytes`);
		}
		read = await answer.exchange.read();
	}
	const content = Buffer.concat(chunks);
	verify(expectation, new SeenWhole(content));
	return countryIn(content.toString('utf8'), target);
}

function countryIn(text: string, target: Target): string {
	let metadata: unknown;
	try {
		metadata = JSON.parse(text);
	} catch (cause) {
		throw badMetadata(target, `the metadata are not JSON: ${quote(text.slice(0, 40))}`, cause);
	}
	const country =
		metadata instanceof Object && 'country' in metadata ? metadata.country : undefined;
	if (typeof country === 'string' && country.trim() !== '') {
		return country;
	}
	throw badMetadata(target, 'the metadata have no "country"');
}

function badMetadata(target: Target, message: string, cause?: unknown): DownloadError {
	return new DownloadError(target, message, { code: 'bad_metadata', cause });
}
