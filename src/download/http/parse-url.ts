import type { Target } from '../../targets/target.ts';
import { type ParsedUrl, placeAsWritten, placeOf, urlProblem } from '../../targets/url.ts';
import { DownloadError } from '../errors.ts';

/** @throws {DownloadError} `bad_url`, where it cannot be asked. */
export function parseUrl(target: Target, text: string): ParsedUrl {
	return placeAsWritten(text) ?? parse(target, text);
}

function parse(target: Target, text: string): ParsedUrl {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url !== undefined && (url.username !== '' || url.password !== '')) {
		const message = `a user or password in the URL of ${url.host}, instead of in credentials`;
		throw new DownloadError(target, message, { code: 'bad_url' });
	}
	if (url?.protocol === 'http:' || url?.protocol === 'https:') {
		return placeOf(url);
	}
	throw new DownloadError(target, urlProblem(text), { code: 'bad_url' });
}
