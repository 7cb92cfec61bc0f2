import { isIP } from 'node:net';
import type { Scenario } from '../scenarios/scenario.ts';
import { CannotRunError, isCode } from '../util/errors.ts';

/** What a server shows, and what its clients are to trust; all as PEM. */
export interface Identity {
	readonly cert: string;
	readonly key: string;
	/** Absent: the clients know what they trust. */
	readonly ca?: string;
}

const DAY_MS = 86_400_000;

/**
 * Makes an authority and a certificate by it for the names of this machine, or one that no client may accept.
 *
 * @param host - That the server listens at.
 * @throws {CannotRunError} With the command that installs what it needs, if that is missing.
 */
export async function makeIdentity(
	host: string,
	fault?: NonNullable<Scenario['tls']>['certificate'],
): Promise<Required<Identity>> {
	const authority = await makeAuthority();
	const issuer = fault === 'untrusted' ? await makeAuthority('an authority of others') : authority;
	const names = fault === 'wrong-host' ? ['another-host.invalid'] : ownNames(host);
	const [from, to] = fault === 'expired' ? [-30, -1] : [-1, 30];
	const { private: key, cert } = await generate(names[0] ?? '', {
		ca: issuer,
		notBeforeDate: new Date(Date.now() + from * DAY_MS),
		notAfterDate: new Date(Date.now() + to * DAY_MS),
		extensions: [
			{ name: 'basicConstraints', cA: false, critical: true },
			{ name: 'keyUsage', digitalSignature: true, critical: true },
			{ name: 'extKeyUsage', serverAuth: true },
			{ name: 'subjectAltName', altNames: names.map(nameEntry) },
		],
	});
	return { key, cert, ca: authority.cert };
}

/**
 * For a command that is run: what curl, Node, OpenSSL and Python's requests look at.
 *
 * @param caFile - With what they are to trust; absent: what they trust anyway.
 */
export function caEnvironment(caFile: string | undefined): Record<string, string> {
	if (caFile === undefined) {
		return {};
	}
	const names = [
		'FLAGDL_CACERT',
		'NODE_EXTRA_CA_CERTS',
		'SSL_CERT_FILE',
		'CURL_CA_BUNDLE',
		'REQUESTS_CA_BUNDLE',
	];
	return Object.fromEntries(names.map((name) => [name, caFile]));
}

async function makeAuthority(
	name = 'flagdl, for this run only',
): Promise<{ readonly key: string; readonly cert: string }> {
	const { private: key, cert } = await generate(name, {
		notBeforeDate: new Date(Date.now() - 60 * DAY_MS),
		notAfterDate: new Date(Date.now() + 60 * DAY_MS),
		extensions: [
			{ name: 'basicConstraints', cA: true, critical: true },
			{ name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
		],
	});
	return { key, cert };
}

type Generate = typeof import('selfsigned').generate;

async function generate(name: string, options: Parameters<Generate>[1]): ReturnType<Generate> {
	const selfsigned = await loadSelfsigned();
	const more = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
	return await selfsigned.generate([{ name: 'commonName', value: name }], { ...more, ...options });
}

/** It is an optional peer of this package: Node has nothing that makes certificates. */
async function loadSelfsigned(): Promise<typeof import('selfsigned')> {
	try {
		return await import('selfsigned');
	} catch (error) {
		if (!isCode(error, 'ERR_MODULE_NOT_FOUND')) {
			throw error;
		}
		throw new CannotRunError(
			'to make a certificate needs the package selfsigned, which is not installed; run: npm install selfsigned@5, or give --tls-cert and --tls-key',
			{ cause: error },
		);
	}
}

function ownNames(host: string): string[] {
	return [...new Set(['localhost', '127.0.0.1', '::1', host])];
}

function nameEntry(name: string): { type: 2 | 7; value?: string; ip?: string } {
	return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}
