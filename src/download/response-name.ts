import { basename, join } from 'node:path';
import { isReservedName, safeFileName } from '../targets/safe-path.ts';
import type { Naming, Target } from '../targets/target.ts';
import type { DownloadContext } from './context.ts';
import { decide } from './disk/existing-file.ts';
import { DownloadError } from './errors.ts';
import { drain, type HttpResponse } from './http/response.ts';

/** Where to save a response, or whether to skip it because the file exists. */
export interface NamedResponse {
	/** Absolute path. */
	readonly dest: string;
	readonly isSkipped: boolean;
}

/**
 * `--remote-header-name`: names a file by its response, or like the target if the response has no usable name. If
 * the file already exists and is skipped, the response is drained.
 *
 * @throws {DownloadError}
 */
export async function nameFromResponse(
	{ fields, exchange }: HttpResponse,
	target: Target,
	naming: Naming,
	context: DownloadContext,
): Promise<NamedResponse> {
	const given = parseFileName(fields.get('content-disposition')) ?? '';
	// Only the last segment of a path, like browsers.
	const name = safeFileName(
		given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1),
	);
	const isUsable = name !== undefined && !isReservedName(name);
	// Like browsers: a server must not create files that programs read automatically, such as .bashrc.
	const visibleName = name?.replace(/^\.+/, '_') ?? '';
	try {
		const dest = await claimName(
			target,
			naming.directory,
			isUsable ? visibleName : basename(target.dest),
			context,
		);
		const isFree = context.emptyDirectories.isEmpty(dest);
		const isSkipped = !isFree && (await decide(target, dest, context.options.ifExists)) === 'skip';
		if (isSkipped) {
			await drain(exchange);
		}
		return { dest, isSkipped };
	} catch (error) {
		await drain(exchange);
		throw error;
	}
}

/**
 * Claims a file name for a target.
 *
 * @returns Absolute path.
 * @throws {DownloadError} `destination_taken`.
 */
export async function claimName(
	target: Target,
	directory: string,
	name: string,
	{ names }: DownloadContext,
): Promise<string> {
	const dest = join(directory, name);
	if (await names.claim(dest, target.id)) {
		return dest;
	}
	const message = `another target of this run is called ${name}`;
	throw new DownloadError(target, message, { code: 'destination_taken' });
}

/** A parameter: RFC 6266, section 4.1. */
const PARAMETER = /;\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*("(?:[^"\\]|\\[\s\S])*"|[^;]*)/g;

/**
 * Parses the file name of any disposition; the parameter `filename*` (RFC 8187) takes precedence over `filename`.
 *
 * @param field - Value of `Content-Disposition`, read as Latin-1.
 * @returns Untrusted: may be a path, a device, anything. Undefined without a name.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6266 | RFC 6266}
 */
export function parseFileName(field: string | undefined): string | undefined {
	let plain: string | undefined;
	let extended: string | undefined;
	for (const [, name = '', value = ''] of (field ?? '').matchAll(PARAMETER)) {
		switch (name.toLowerCase()) {
			case 'filename':
				plain ??= decodePlain(value.trim());
				break;
			case 'filename*':
				extended ??= decodeExtended(value.trim());
				break;
		}
	}
	return extended ?? plain;
}

/** Servers often send UTF-8 here, although it belongs in `filename*`. */
function decodePlain(value: string): string {
	const text = value.startsWith('"') ? value.slice(1, -1).replace(/\\([\s\S])/g, '$1') : value;
	const utf8 = Buffer.from(text, 'latin1').toString('utf8');
	return utf8.includes('\ufffd') ? text : utf8;
}

/** Decodes `UTF-8'en'na%C3%AFve`, and ISO-8859-1, which RFC 5987 required. */
function decodeExtended(value: string): string | undefined {
	const [, charset = '', encoded = ''] = /^"?([\w-]+)'[\w-]*'([^"]*)"?$/.exec(value) ?? [];
	try {
		switch (charset.toLowerCase()) {
			case 'utf-8':
				return decodeURIComponent(encoded);
			case 'iso-8859-1':
				return encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
					String.fromCharCode(Number.parseInt(hex, 16)),
				);
			default:
				return undefined;
		}
	} catch {
		return undefined;
	}
}
