import { basename, join } from 'node:path';
import { isReservedName, safeFileName } from '../targets/safe-path.ts';
import type { Naming, Target } from '../targets/target.ts';
import type { DownloadContext } from './context.ts';
import { decide } from './disk/existing-file.ts';
import { DownloadError } from './errors.ts';
import { drain, type HttpResponse } from './http/response.ts';

/** Where a response is saved, and whether a file is there that is to stay. */
export interface NamedResponse {
	/** Absolute path. */
	readonly dest: string;
	readonly isSkipped: boolean;
}

/**
 * `--remote-header-name`: the name of a file, by the response that brings it; without one that can be used,
 * that of the target. If the file is there already, the response is not read.
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
	// Of a path the last name counts, as for browsers.
	const name = safeFileName(
		given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1),
	);
	const isGood = name !== undefined && !isReservedName(name);
	// As browsers do: a server is not to place what shells and programs read by themselves, such as .bashrc.
	const shown = name?.replace(/^\.+/, '_') ?? '';
	try {
		const dest = await claimName(
			target,
			naming.directory,
			isGood ? shown : basename(target.dest),
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
 * Gives a target its name, for the whole run.
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
 * The name that a server gives its content, whatever the disposition is: the parameter `filename*` (RFC 8187)
 * before `filename`.
 *
 * @param field - Value of `Content-Disposition`, read as Latin-1.
 * @returns Text from outside: a path, a device, anything. Undefined if it has no name.
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

/** Servers write UTF-8 here that should be in `filename*`. */
function decodePlain(value: string): string {
	const text = value.startsWith('"') ? value.slice(1, -1).replace(/\\([\s\S])/g, '$1') : value;
	const utf8 = Buffer.from(text, 'latin1').toString('utf8');
	return utf8.includes('\ufffd') ? text : utf8;
}

/** `UTF-8'en'na%C3%AFve`; ISO-8859-1 is what RFC 5987 had, too. */
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
