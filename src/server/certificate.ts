import { isIP } from 'node:net';
import type { Scenario } from '../scenarios/scenario.ts';
import { CannotRunError, isCode } from '../util/errors.ts';

/** The certificate and key of a server, and the CA that its clients must trust; all PEM. */
export interface Identity {
	readonly cert: string;
	readonly key: string;
	/** Absent: clients already trust the issuer. */
	readonly ca?: string;
}

const DAY_MS = 86_400_000;

/**
 * Creates a CA and a certificate for the names of this machine, or one that no client may accept.
 *
 * @param host - Host that the server listens on.
 * @throws {CannotRunError} If the package `selfsigned` is missing; names the command that installs it.
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
 * The variables in which curl, Node, OpenSSL and Python's requests look for a CA file, for a child process.
 *
 * @param caFile - Absent: no variable is set, so the defaults apply.
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

/** An optional peer dependency: Node cannot create certificates. */
async function loadSelfsigned(): Promise<typeof import('selfsigned')> {
	try {
		return await import('selfsigned');
	} catch (error) {
		if (!isCode(error, 'ERR_MODULE_NOT_FOUND')) {
			throw error;
		}
		throw new CannotRunError(
			'making a certificate requires the package selfsigned, which is not installed; run: npm install selfsigned@5, or give --tls-cert and --tls-key',
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
