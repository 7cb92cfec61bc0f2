import { isReservedName, safeFileName } from '../targets/safe-path.ts';
import type { Naming, Target } from '../targets/target.ts';
import { quote } from '../util/text.ts';
import type { AttemptLog } from './attempt-log.ts';
import { DecodedBody } from './content/body.ts';
import { isCoded } from './content/codings.ts';
import { BufferedContent } from './content/content.ts';
import { contentChecks, verify } from './content/verify.ts';
import type { DownloadContext } from './context.ts';
import { DownloadError } from './errors.ts';
import { parseUrl } from './http/redirect.ts';
import type { HttpResponse } from './http/response.ts';
import { request } from './request.ts';
import { claimName } from './response-name.ts';
import { RetryPolicy } from './retry.ts';

/** Naming of a file by its metadata. */
type MetadataNaming = Required<Naming>;

const METADATA_MAX_BYTES = 64 * 1024;

/**
 * `--with-names`: names a file by its metadata.
 * *Fluent Python*, 18.5: several requests for each download.
 *
 * @returns Absolute path with a safe name, claimed for this run.
 * @throws {DownloadError}
 */
export async function nameFromMetadata(
	target: Target,
	naming: MetadataNaming,
	log: AttemptLog,
	context: DownloadContext,
): Promise<string> {
	const country = await fetchCountry(target, naming, log, context);
	const name = safeFileName(`${country}${naming.extension}`);
	if (name === undefined) {
		throw badMetadata(target, `no file can be called ${quote(country)}`);
	}
	if (isReservedName(name)) {
		throw badMetadata(target, `flagdl itself needs the name ${name}`);
	}
	return await claimName(target, naming.directory, name, context);
}

async function fetchCountry(
	target: Target,
	{ metadataUrl }: MetadataNaming,
	log: AttemptLog,
	context: DownloadContext,
): Promise<string> {
	const { signal, activity } = context;
	// The digests are those of the file, not of this document.
	const { sha256: _, sha384: __, sha512: ___, ...document } = target;
	const progress = activity?.begin(target);
	const spec = { target: document, url: parseUrl(target, metadataUrl), log, signal, progress };
	const retries = new RetryPolicy(spec, context);
	try {
		for (;;) {
			try {
				const { value, attempt } = await request(
					spec,
					context,
					readCountry.bind(undefined, document),
				);
				attempt.written();
				return value;
			} catch (error) {
				await retries.waitOrThrow(error);
			}
		}
	} finally {
		if (progress !== undefined) {
			activity?.end(progress);
		}
	}
}

async function readCountry(target: Target, response: HttpResponse): Promise<string> {
	const document = { target, dest: 'metadata.json', isUpdate: false };
	const checks = contentChecks(response, document, {
		maxFilesizeBytes: METADATA_MAX_BYTES,
		contentCheck: true,
		raw: false,
	});
	const body = isCoded(checks.codings)
		? new DecodedBody(response.exchange, checks)
		: response.exchange;
	const chunks: Buffer[] = [];
	for (let read = await body.read(); read !== undefined; read = await body.read()) {
		chunks.push(...read);
		if (body.bytes > METADATA_MAX_BYTES) {
			throw badMetadata(target, `the metadata are longer than ${METADATA_MAX_BYTES} bytes`);
		}
	}
	const content = Buffer.concat(chunks);
	if (content.length === 0) {
		throw new DownloadError(target, 'the metadata are empty', { code: 'empty_body' });
	}
	verify(
		checks,
		new BufferedContent(content),
		body instanceof DecodedBody ? body.encoded : undefined,
	);
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
