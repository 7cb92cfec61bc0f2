import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { NotForThisWorker } from './options.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals runs if `FLAGDL_QUEUE_KEY` is not set. It is public: it hides logins from a casual look into Redis or a
 * backup, not from an attacker.
 */
const PUBLIC_PASSPHRASE = 'flagdl';

/** The text was sealed with another key, or tampered with. */
export class WrongKey extends NotForThisWorker {}

/** Encrypts and authenticates the data of a run in Redis. */
export class Seal {
	/** Salt of the key; not secret. */
	readonly salt: string;
	readonly #key: Uint8Array;

	private constructor(salt: string, key: Uint8Array) {
		this.salt = salt;
		this.#key = key;
	}

	/** Takes about 50 ms, to slow down guessing. @param passphrase - `FLAGDL_QUEUE_KEY`. */
	static async derive(
		passphrase: string = PUBLIC_PASSPHRASE,
		salt: string = randomBytes(16).toString('hex'),
	): Promise<Seal> {
		const derived = await (promisify(scrypt) as Scrypt)(passphrase, salt, KEY_BYTES);
		return new Seal(salt, derived);
	}

	/** @param associatedData - Associated data; `open` must pass the same. */
	seal(text: string, associatedData: string): string {
		const nonce = randomBytes(NONCE_BYTES);
		const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(associatedData));
		const sealed = [cipher.update(text, 'utf8'), cipher.final()];
		return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64');
	}

	/** @throws {WrongKey} If the key or the associated data differ. */
	open(sealed: string, associatedData: string): string {
		const bytes = Buffer.from(sealed, 'base64');
		const [nonce, rest] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
		try {
			const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES })
				.setAAD(Buffer.from(associatedData))
				.setAuthTag(rest.subarray(0, TAG_BYTES));
			return decipher.update(rest.subarray(TAG_BYTES)).toString() + decipher.final('utf8');
		} catch (cause) {
			throw new WrongKey(
				'what the run has in Redis was sealed with another FLAGDL_QUEUE_KEY, or without; set it as for flagdl get',
				{ cause },
			);
		}
	}
}

/** Finds the seal of a run by trying several passphrases. */
export class Seals {
	readonly #passphrases: readonly (string | undefined)[];
	/** Cache: most shards belong to the same run as the previous one. */
	#last: Seal | undefined;

	/** @param passphrases - Undefined stands for the public one. */
	constructor(...passphrases: readonly (string | undefined)[]) {
		this.#passphrases = passphrases;
	}

	/** @throws {WrongKey} If none opens the text. */
	async find(salt: string, sealed: string, associatedData: string): Promise<Seal> {
		if (this.#last?.salt === salt) {
			return this.#last;
		}
		let failure: unknown;
		for (const passphrase of this.#passphrases) {
			const seal = await Seal.derive(passphrase, salt);
			try {
				seal.open(sealed, associatedData);
				this.#last = seal;
				return seal;
			} catch (error) {
				failure = error;
			}
		}
		throw failure;
	}
}

/**
 * Associated data of a sealed text: its place in the run.
 *
 * @param shard - Absent: the options.
 * @param digest - The outcomes of a shard have it, its targets do not.
 */
export function associatedDataOf(
	run: string,
	shard: number | 'options' = 'options',
	digest = '',
): string {
	return `${run} ${shard} ${digest}`;
}

type Scrypt = (passphrase: string, salt: string, bytes: number) => Promise<Buffer>;
