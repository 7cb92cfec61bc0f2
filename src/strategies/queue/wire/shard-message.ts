import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { destination } from '../../../targets/safe-path.ts';
import type { Credentials, Naming, Target, Validators } from '../../../targets/target.ts';
import { httpUrl } from '../../../targets/url.ts';
import { UsageError } from '../../../util/errors.ts';
import { present } from '../../../util/members.ts';
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
export interface WireTarget {
	readonly url: string;
	readonly dest: string;
	/** Where it is not the URL. */
	readonly id?: string;
	readonly sha256?: string;
	readonly mirrors?: readonly string[];
	readonly naming?: Naming;
	readonly validators?: Validators;
	readonly credentials?: Credentials;
}

/** @throws {UsageError} When a worker would refuse it: no URL, or a path out of the output directory. */
export function toWire(target: Target, outputDir: string): WireTarget {
	const { id, url, dest, sha256, mirrors, naming, validators, credentials } = target;
	httpUrl(url);
	return present({
		url,
		dest: below(dest, outputDir),
		id: id === url ? undefined : id,
		sha256,
		mirrors,
		naming: naming && { ...naming, directory: folderBelow(naming.directory, outputDir) },
		validators,
		credentials,
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

function readTarget(value: unknown, where: string): WireTarget {
	const target = object(value, where);
	return present({
		url: address(target['url'], `${where}.url`),
		dest: safePath(target['dest'], `${where}.dest`),
		id: optional(target['id'], `${where}.id`, text),
		sha256: optional(target['sha256'], `${where}.sha256`, sha256),
		mirrors: optional(target['mirrors'], `${where}.mirrors`, (mirrors, at) =>
			list(mirrors, at, 100, address),
		),
		naming: optional(target['naming'], `${where}.naming`, readNaming),
		validators: optional(target['validators'], `${where}.validators`, readValidators),
		credentials: optional(target['credentials'], `${where}.credentials`, readCredentials),
	});
}

function readCredentials(value: unknown, where: string): Credentials {
	const entries = Object.entries(object(value, where));
	return Object.fromEntries(
		entries.map(([origin, userInfo]) => [origin, text(userInfo, `${where}.${origin}`)]),
	);
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

function sha256(value: unknown, where: string): string {
	const digest = text(value, where, 64);
	if (/^[0-9a-f]{64}$/.test(digest)) {
		return digest;
	}
	throw new BadMessage(`${where}: found no SHA-256`);
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
