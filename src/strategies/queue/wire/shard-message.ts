import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
	type HeaderFields,
	isFieldName,
	isFieldValue,
	isReservedField,
} from '../../../targets/header-field.ts';
import { destination } from '../../../targets/safe-path.ts';
import type { Naming, Target, Validators } from '../../../targets/target.ts';
import { httpUrl } from '../../../targets/url.ts';
import { UsageError } from '../../../util/errors.ts';
import { type AllMembers, present } from '../../../util/members.ts';
import { NAME } from '../redis/keys.ts';
import { below } from './paths.ts';
import { BadMessage, list, object, optional, text, whole } from './read.ts';

/** Number of this format; another one is not understood. */
export const WIRE_VERSION = 1;

/** Most targets of a shard. */
export const SHARD_SIZE_MAX = 10_000;

/** The data of a job: some targets in a row. */
export interface ShardMessage {
	readonly wire: number;
	readonly run: string;
	/** Place of the shard, from 0. */
	readonly shard: number;
	/** Number of the first target: the shards before it are full. */
	readonly first: number;
	/** Of the targets: whether two runs of the coordinator mean the same. */
	readonly digest: string;
	readonly targets: readonly WireTarget[];
}

/** A target without what is known from its place, its paths below the output directory. */
export interface WireTarget extends Omit<Target, 'id' | 'index'> {
	/** Where it is not the URL. */
	readonly id?: string;
}

/** @throws {UsageError} When a worker would refuse it: no URL, or a path out of the output directory. */
export function toWire(target: Target, outputDir: string): WireTarget {
	const { id, index: _, url, dest, naming, ...rest } = target;
	httpUrl(url);
	return present({
		url,
		dest: below(dest, outputDir),
		id: id === url ? undefined : id,
		naming: naming && { ...naming, directory: folderBelow(naming.directory, outputDir) },
		...rest,
	});
}

export function digestOf(targets: readonly WireTarget[]): string {
	return createHash('sha1').update(JSON.stringify(targets)).digest('hex').slice(0, 12);
}

/**
 * Reads the data of a job. What it says is not trusted: whoever can write to Redis can send one.
 *
 * @throws {BadMessage} When it is malformed, or a path leads out of the worker's directory.
 */
export function readShard(data: unknown): ShardMessage {
	const { wire, run, shard, first, digest, targets } = object(data, 'shard');
	if (wire !== WIRE_VERSION) {
		throw new BadMessage(`wire: found ${JSON.stringify(wire)}, expected ${WIRE_VERSION}`);
	}
	const id = text(run, 'run');
	if (!NAME.test(id)) {
		throw new BadMessage(`run: found ${JSON.stringify(id)}`);
	}
	return {
		wire,
		run: id,
		shard: whole(shard, 'shard'),
		first: whole(first, 'first'),
		digest: text(digest, 'digest', 64),
		targets: list(targets, 'targets', SHARD_SIZE_MAX, readTarget),
	};
}

/** @param index - Number of the target in its run. */
export function fromWire(wire: WireTarget, index: number, directory: string): Target {
	const { id, url, dest, naming, ...rest } = wire;
	return {
		...rest,
		id: id ?? url,
		index,
		url,
		dest: join(directory, dest),
		...(naming !== undefined && {
			naming: { ...naming, directory: join(directory, naming.directory) },
		}),
	};
}

/** How each member is read from the wire; what is not named here does not compile. */
const READERS: {
	readonly [K in keyof Required<WireTarget>]: (value: unknown, where: string) => WireTarget[K];
} = {
	url: address,
	dest: safePath,
	id: (value, where) => optional(value, where, text),
	sha256: (value, where) => optional(value, where, digestOfLength(64)),
	sha384: (value, where) => optional(value, where, digestOfLength(96)),
	sha512: (value, where) => optional(value, where, digestOfLength(128)),
	mirrors: (value, where) =>
		optional(value, where, (mirrors, at) => list(mirrors, at, 100, address)),
	naming: (value, where) => optional(value, where, readNaming),
	validators: (value, where) => optional(value, where, readValidators),
	credentials: (value, where) => optional(value, where, readTexts),
	headers: (value, where) => optional(value, where, readHeaders),
};

function readTarget(value: unknown, where: string): WireTarget {
	const target = object(value, where);
	const members = Object.entries(READERS).map(([name, read]) => [
		name,
		read(target[name], `${where}.${name}`),
	]);
	return present(Object.fromEntries(members) as AllMembers<WireTarget>);
}

function readTexts(value: unknown, where: string): Readonly<Record<string, string>> {
	const entries = Object.entries(object(value, where));
	return Object.fromEntries(
		entries.map(([name, member]) => [name, text(member, `${where}.${name}`)]),
	);
}

function readHeaders(value: unknown, where: string): HeaderFields {
	const fields = Object.entries(readTexts(value, where));
	const isGood = fields.every(([name, text]) => isFieldName(name) && isFieldValue(text));
	if (!isGood || fields.some(([name]) => isReservedField(name))) {
		// Values may be secrets.
		throw new BadMessage(`${where}: found what is no header field`);
	}
	return Object.fromEntries(fields);
}

function readNaming(value: unknown, where: string): Naming {
	const { metadataUrl, directory, extension } = object(value, where);
	const folder = text(directory, `${where}.directory`);
	return {
		metadataUrl: address(metadataUrl, `${where}.metadataUrl`),
		directory: folder === '' ? '' : safePath(folder, `${where}.directory`),
		extension: text(extension, `${where}.extension`, 32),
	};
}

function readValidators(value: unknown, where: string): Validators {
	const { url, etag, lastModified } = object(value, where);
	return present({
		url: optional(url, `${where}.url`, text),
		etag: optional(etag, `${where}.etag`, text),
		lastModified: optional(lastModified, `${where}.lastModified`, text),
	});
}

function address(value: unknown, where: string): string {
	return refused(where, () => httpUrl(text(value, where)).href);
}

/** As strict as for the list itself: relative, no `..`, no name that is unsafe anywhere. */
function safePath(value: unknown, where: string): string {
	return refused(where, () => destination(text(value, where)));
}

function digestOfLength(digits: number): (value: unknown, where: string) => string {
	return (value, where) => {
		const digest = text(value, where, digits);
		if (digest.length === digits && /^[0-9a-f]+$/.test(digest)) {
			return digest;
		}
		throw new BadMessage(`${where}: found no digest of ${digits} digits`);
	};
}

function refused(where: string, read: () => string): string {
	try {
		return read();
	} catch (error) {
		if (!(error instanceof UsageError)) {
			throw error;
		}
		throw new BadMessage(`${where}: ${error.message}`, { cause: error });
	}
}

function folderBelow(path: string, outputDir: string): string {
	return path === outputDir ? '' : below(path, outputDir);
}
