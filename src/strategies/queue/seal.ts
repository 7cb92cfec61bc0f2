import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { CannotRunError } from '../../util/errors.ts';
import { COMMON_PASSPHRASE } from './options.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Sealed with another key, or changed since. */
export class OtherKey extends CannotRunError {}

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
		passphrase: string,
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

/** Opens what is sealed with one passphrase. */
export class Seals {
	readonly #passphrase: string;
	/** Most shards are of the same run as the one before. */
	#last: { readonly salt: string; readonly seal: Promise<Seal> } | undefined;

	constructor(passphrase = COMMON_PASSPHRASE) {
		this.#passphrase = passphrase;
	}

	/** @param salt - Empty if nothing is sealed. */
	async of(salt: string): Promise<Seal | undefined> {
		if (salt === '') {
			return undefined;
		}
		if (this.#last?.salt !== salt) {
			this.#last = { salt, seal: Seal.derive(this.#passphrase, salt) };
		}
		return await this.#last.seal;
	}
}

/** Where a sealed text belongs. @param shard - Absent: the options. */
export function placeOf(run: string, shard?: number): string {
	return `${run} ${shard ?? 'options'}`;
}

type Scrypt = (passphrase: string, salt: string, bytes: number) => Promise<Buffer>;
