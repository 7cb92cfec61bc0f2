import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { DownloadOptions } from '../../download/options.ts';
import { UsageError } from '../../util/errors.ts';
import type { AllMembers } from '../../util/members.ts';
import { shellWord } from '../../util/shell.ts';
import { explainInput } from '../../util/suggest.ts';
import type { GetFlags } from '../get/options.ts';
import { readOptionFile } from '../options/option.ts';

type TlsOptions = Pick<DownloadOptions, 'caCertificates' | 'clientCertificate' | 'clientKey'>;

/**
 * Reads the PEM files of `--cacert`, `--cert` and `--key`. No message quotes them.
 *
 * @throws {UsageError} If one cannot be read, or is invalid.
 */
export function readTlsFiles(
	{ cacert, cert, key }: Pick<GetFlags, 'cacert' | 'cert' | 'key'>,
	cwd: string,
): AllMembers<TlsOptions> {
	if (key !== undefined && cert === undefined) {
		throw new UsageError('--key: found no --cert; give the certificate that it belongs to');
	}
	return {
		caCertificates: cacert === undefined ? undefined : certificates('--cacert', cacert, cwd),
		...(cert === undefined
			? { clientCertificate: undefined, clientKey: undefined }
			: identity(cert, key, cwd)),
	};
}

function identity(
	cert: string,
	key: string | undefined,
	cwd: string,
): { readonly clientCertificate: string; readonly clientKey: string } {
	const clientCertificate = certificates('--cert', cert, cwd);
	const [first = ''] = certificatesIn(clientCertificate);
	const clientKey = key === undefined ? clientCertificate : readPem('--key', key, cwd);
	const privateKey =
		key === undefined
			? keyOf('--cert', clientKey, cert, '; give its key with --key')
			: keyOf('--key', clientKey, key, '');
	if (!new X509Certificate(first).checkPrivateKey(privateKey)) {
		throw new UsageError(
			`${key === undefined ? '--cert' : '--key'}: the key in ${shownPath(key ?? cert)} is not that of the first certificate in ${shownPath(cert)}`,
		);
	}
	return { clientCertificate, clientKey };
}

/** A PEM block, including older labels such as `RSA PRIVATE KEY`. */
const PRIVATE_KEY =
	/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----.*?-----END (?:[A-Z]+ )?PRIVATE KEY-----/s;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4,ENCRYPTED/m;

function keyOf(option: string, pem: string, file: string, hint: string): KeyObject {
	const name = shownPath(file);
	if (ENCRYPTED.test(pem)) {
		throw new UsageError(
			`${option}: the key in ${name} is protected by a passphrase, which flagdl does not ask for; take it off in a file of your own: openssl pkey -in ${name} -out plain-key.pem`,
		);
	}
	const found = PRIVATE_KEY.exec(pem)?.[0];
	try {
		if (found !== undefined) {
			return createPrivateKey(found);
		}
	} catch {
		// OpenSSL's messages are cryptic, and may quote the file.
	}
	const what = found === undefined ? 'no private key' : 'a broken private key';
	throw new UsageError(`${option}: ${explainInput(`${what} in ${name}`, `a file of PEM${hint}`)}`);
}

function certificates(option: string, file: string, cwd: string): string {
	const pem = readPem(option, file, cwd);
	const found = certificatesIn(pem);
	if (found.length === 0 || !found.every(isCertificate)) {
		const what = found.length === 0 ? 'no certificate' : 'a broken certificate';
		throw new UsageError(
			`${option}: ${explainInput(`${what} in ${shownPath(file)}`, 'a file of PEM')}`,
		);
	}
	return pem;
}

function certificatesIn(pem: string): readonly string[] {
	return pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
}

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem).raw.length > 0;
	} catch {
		return false;
	}
}

function readPem(option: string, file: string, cwd: string): string {
	const name = shownPath(file);
	const hint = name === file ? '' : '; give the file alone, without a passphrase';
	const text = readOptionFile(option, resolve(cwd, file), name, hint);
	// DER starts with an ASN.1 SEQUENCE, whose length byte is rarely printable.
	if (/^0[\ufffd\0]/.test(text)) {
		throw new UsageError(
			`${option}: ${explainInput(`PKCS#12 or DER in ${name}`, `a file of PEM, as openssl pkcs12 -nodes -in ${shellWord(name)} -out client.pem makes it of PKCS#12, and openssl x509 -inform der of DER`)}`,
		);
	}
	return text;
}

/** curl takes a passphrase after the file name. */
function shownPath(file: string): string {
	return file.replace(/(?<=.):.*$/s, ':…');
}
