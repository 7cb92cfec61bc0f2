import * as v from 'valibot';
import { isFieldName, isFieldValue, isReservedField } from '../targets/header-field.ts';
import { destination } from '../targets/safe-path.ts';
import type { Target } from '../targets/target.ts';
import { httpUrl } from '../targets/url.ts';
import { list, object, readBy, recordOf, text } from './message.ts';

/** A target as it travels: without what is known from its place, its paths relative to the output directory. */
export interface WireTarget extends Omit<Target, 'id' | 'index'> {
	/** If it is not the URL. */
	readonly id?: string;
}

const url = readBy((given) => httpUrl(given).href);

/** As strict as for the list itself: relative, no `..`, no name that is unsafe anywhere. */
export const relativePath = readBy(destination);

export const sha256 = hexadecimal(64);

const TARGET = {
	url,
	dest: relativePath,
	id: v.exactOptional(text()),
	sha256: v.exactOptional(sha256),
	sha384: v.exactOptional(hexadecimal(96)),
	sha512: v.exactOptional(hexadecimal(128)),
	mirrors: v.exactOptional(list(url, 100)),
	naming: v.exactOptional(
		object({
			metadataUrl: v.exactOptional(url),
			directory: v.union([v.literal(''), relativePath], 'found no path below the output directory'),
			extension: text(32),
		}),
	),
	validators: v.exactOptional(
		object({
			url: v.exactOptional(text()),
			etag: v.exactOptional(text()),
			lastModified: v.exactOptional(text()),
		}),
	),
	credentials: v.exactOptional(recordOf(text())),
	headers: v.exactOptional(
		// Values may be secrets: none is shown.
		v.pipe(recordOf(text()), v.check(areHeaderFields, 'found what is no header field')),
	),
} satisfies { readonly [K in keyof Required<WireTarget>]: v.GenericSchema };

export const wireTarget: v.GenericSchema<unknown, WireTarget> = object(TARGET);

function hexadecimal(digits: number) {
	const isDigest = new RegExp(`^[0-9a-f]{${digits}}$`);
	return v.pipe(text(), v.regex(isDigest, `found no digest of ${digits} digits`));
}

function areHeaderFields(fields: Readonly<Record<string, string>>): boolean {
	return Object.entries(fields).every(
		([name, value]) => isFieldName(name) && isFieldValue(value) && !isReservedField(name),
	);
}
