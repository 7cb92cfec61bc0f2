import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { LeftToOthers } from './options.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals runs where `FLAGDL_QUEUE_KEY` is not set. Everyone has it: it keeps logins from the eyes of who looks into
 * Redis or a backup of it, not from who wants them.
 */
const COMMON_PASSPHRASE = 'flagdl';

/** Sealed with another key, or changed since. */
export class OtherKey extends LeftToOthers {}

/** Seals what a run has in Redis: to read it there tells nothing, and no change of it goes unseen. */
export class Seal {
	/** Of the key; no secret. */
	readonly salt: string;
	readonly #key: Uint8Array;

	private constructor(salt: string, key: Uint8Array) {
		this.salt = salt;
		this.#key = key;
	}

	/** Takes some 50 ms, so that guessing takes long. @param passphrase - `FLAGDL_QUEUE_KEY`. */
	static async derive(
		passphrase: string = COMMON_PASSPHRASE,
		salt: string = randomBytes(16).toString('hex'),
	): Promise<Seal> {
		const derived = await (promisify(scrypt) as Scrypt)(passphrase, salt, KEY_BYTES);
		return new Seal(salt, derived);
	}

	/** @param place - What it is of: it can be opened in no other place. */
	seal(text: string, place: string): string {
		const nonce = randomBytes(NONCE_BYTES);
		const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(place));
		const sealed = [cipher.update(text, 'utf8'), cipher.final()];
		return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64');
	}

	/** @throws {OtherKey} */
	open(sealed: string, place: string): string {
		const bytes = Buffer.from(sealed, 'base64');
		const [nonce, rest] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
		try {
			const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES })
				.setAAD(Buffer.from(place))
				.setAuthTag(rest.subarray(0, TAG_BYTES));
			return decipher.update(rest.subarray(TAG_BYTES)).toString() + decipher.final('utf8');
		} catch (cause) {
			throw new OtherKey(
				'what the run has in Redis was sealed with another FLAGDL_QUEUE_KEY, or without; set it as for flagdl get',
				{ cause },
			);
		}
	}
}

/** Finds the seal of a run, by passphrases of which it may have been derived. */
export class Seals {
	readonly #passphrases: readonly (string | undefined)[];
	/** Most shards are of the same run as the one before. */
	#last: Seal | undefined;

	/** @param passphrases - Undefined is the one that everyone has. */
	constructor(...passphrases: readonly (string | undefined)[]) {
		this.#passphrases = passphrases;
	}

	/** @throws {OtherKey} When none opens the text. */
	async find(salt: string, sealed: string, place: string): Promise<Seal> {
		if (this.#last?.salt === salt) {
			return this.#last;
		}
		let failure: unknown;
		for (const passphrase of this.#passphrases) {
			const seal = await Seal.derive(passphrase, salt);
			try {
				seal.open(sealed, place);
				this.#last = seal;
				return seal;
			} catch (error) {
				failure = error;
			}
		}
		throw failure;
	}
}

/** Where a sealed text belongs. @param shard - Absent: the options. */
export function placeOf(run: string, shard?: number): string {
	return `${run} ${shard ?? 'options'}`;
}

type Scrypt = (passphrase: string, salt: string, bytes: number) => Promise<Buffer>;
