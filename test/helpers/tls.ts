import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate with its private key, both PEM. */
export interface Identity {
	readonly cert: string;
	readonly key: string;
}

export interface CertificateOptions {
	/** Subject alternative names, such as `DNS:localhost` or `IP:127.0.0.1`. */
	readonly names?: readonly string[];
	/** First and last day of validity, counted from today.
	 * @defaultValue yesterday to tomorrow */
	readonly days?: readonly [from: number, to: number];
	/** Whether it can issue other certificates. */
	readonly authority?: boolean;
}

const LOOPBACK = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
const DAY_MS = 86_400_000;

/**
 * A CA for tests, created with the machine's `openssl`, so that no private key is in the repository.
 */
export class TestAuthority implements Identity {
	readonly cert: string;
	readonly key: string;
	readonly #folder: string;
	readonly #name: string;

	/** @param issuer - Absent: a self-signed root. */
	constructor(folder: string, name: string, issuer?: TestAuthority) {
		this.#folder = folder;
		this.#name = name;
		const options = { names: [`DNS:${name}`], authority: true };
		const { cert, key } = issuer?.issue(name, options) ?? signed(folder, name, name, options);
		this.cert = cert;
		this.key = key;
	}

	issue(name: string, options: CertificateOptions = {}): Identity {
		return signed(this.#folder, name, this.#name, options);
	}
}

/** A self-signed certificate. */
export function selfSigned(folder: string, name: string): Identity {
	return signed(folder, name, name, {});
}

function signed(
	folder: string,
	name: string,
	issuer: string,
	{ names = LOOPBACK, days: [from, to] = [-1, 1], authority = false }: CertificateOptions,
): Identity {
	const file = (extension: string, of = name) => join(folder, `${of}.${extension}`);
	openssl(
		'genpkey',
		'-algorithm',
		'EC',
		'-pkeyopt',
		'ec_paramgen_curve:P-256',
		'-out',
		file('key'),
	);
	openssl('req', '-new', '-key', file('key'), '-subj', `/CN=${name}`, '-out', file('csr'));

	// `openssl x509` cannot set the first day of validity before 3.4; `openssl ca` can, but needs a database.
	writeFileSync(file('index'), '');
	writeFileSync(
		file('conf'),
		`[ca]
default_ca = own
[own]
database = ${file('index')}
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
subjectAltName = ${names.join(',')}
basicConstraints = critical,CA:${authority ? 'TRUE' : 'FALSE'}
`,
	);
	const by =
		issuer === name
			? ['-selfsign', '-keyfile', file('key')]
			: ['-cert', file('crt', issuer), '-keyfile', file('key', issuer)];
	openssl(
		...['ca', '-batch', '-notext', '-config', file('conf'), ...by],
		...['-startdate', day(from), '-enddate', day(to), '-in', file('csr'), '-out', file('crt')],
	);
	return { cert: readFileSync(file('crt'), 'utf8'), key: readFileSync(file('key'), 'utf8') };
}

/** In the format of X.509: `20260801120000Z`. */
function day(fromToday: number): string {
	const iso = new Date(Date.now() + fromToday * DAY_MS).toISOString();
	return `${iso.replace(/\D/g, '').slice(0, 14)}Z`;
}

function openssl(...args: readonly string[]): void {
	execFileSync('openssl', args, { stdio: 'pipe' });
}
