import type { Redis } from 'ioredis';
import { json, text, whole } from '../wire/read.ts';

/** Entries read at once. */
const COUNT = 64;

/** An entry of the stream of a run: outcomes of one shard. */
export interface Entry {
	readonly shard: number;
	readonly digest: string;
	readonly worker: string;
	readonly outcomes: Buffer;
}

/** Reads the stream of a run from its beginning, so that a run that is taken up is told whole. */
export class OutcomeStream {
	readonly #reader: Redis;
	readonly #key: string;
	#cursor = '0-0';

	/** @param reader - A connection of its own: it waits. */
	constructor(reader: Redis, key: string) {
		this.#reader = reader;
		this.#key = key;
	}

	/**
	 * @param waitMs - How long to wait for the first; 0: not at all.
	 * @returns Nothing where there is nothing new.
	 */
	async next(waitMs: number): Promise<Entry[]> {
		const found =
			waitMs === 0
				? await this.#reader.xreadBuffer('COUNT', COUNT, 'STREAMS', this.#key, this.#cursor)
				: await this.#reader.xreadBuffer(
						'COUNT',
						COUNT,
						'BLOCK',
						waitMs,
						'STREAMS',
						this.#key,
						this.#cursor,
					);
		const entries: Entry[] = [];
		for (const [, items] of (found ?? []) as StreamReply) {
			for (const [id, fields] of items) {
				this.#cursor = id.toString();
				const entry = readEntry(fields);
				if (entry !== undefined) {
					entries.push(entry);
				}
			}
		}
		return entries;
	}
}

type StreamReply = readonly (readonly [
	Buffer,
	readonly (readonly [Buffer, readonly Buffer[]])[],
])[];

/** @throws {BadMessage} */
function readEntry(fields: readonly Buffer[]): Entry | undefined {
	const members = new Map<string, Buffer>();
	for (let index = 0; index + 1 < fields.length; index += 2) {
		members.set(String(fields[index]), fields[index + 1] as Buffer);
	}
	// A coordinator has begun, or begun again.
	if (members.has('begun')) {
		return undefined;
	}
	const member = (name: string) => text(members.get(name)?.toString(), `outcomes.${name}`);
	return {
		shard: whole(json(member('shard'), 'outcomes.shard'), 'outcomes.shard'),
		digest: member('digest'),
		worker: member('worker'),
		outcomes: members.get('outcomes') ?? Buffer.alloc(0),
	};
}
