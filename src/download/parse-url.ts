import type { Target } from '../targets/target.ts';
import { DownloadError } from './download-error.ts';

/** @throws {DownloadError} `bad_url`, where it cannot be asked. */
export function parseUrl(target: Target, text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url !== undefined && (url.username !== '' || url.password !== '')) {
		const message = `a user or password in the URL of ${url.host}, instead of in credentials`;
		throw new DownloadError(target, message, { code: 'bad_url' });
	}
	if (url?.protocol === 'http:' || url?.protocol === 'https:') {
		url.hash = '';
		return url;
	}
	throw new DownloadError(target, `not an http or https URL: ${text}`, { code: 'bad_url' });
}
