import type { DownloadOptions, Login, Rate, StoredCookie } from '../../../download/options.ts';
import { type AllMembers, present } from '../../../util/members.ts';
import {
	amount,
	BadMessage,
	flag,
	json,
	list,
	object,
	oneOf,
	optional,
	text,
	whole,
} from './read.ts';
import { WIRE_VERSION } from './shard-message.ts';

/** What workers must know of a run: a hash in Redis, written by its coordinator. */
export interface RunRecord {
	/** Of flagdl. */
	readonly version: string;
	readonly options: DownloadOptions;
	/** Targets of each shard but the last. */
	readonly shardSize: number;
	/** Whether its shards are to be dropped. */
	readonly stopped: boolean;
	/** Who coordinates it: the last that began to. */
	readonly coordinator: string;
}

export function writeRecord(record: Omit<RunRecord, 'stopped'>): Record<string, string> {
	return {
		wire: String(WIRE_VERSION),
		version: record.version,
		options: JSON.stringify(record.options),
		shardSize: String(record.shardSize),
		coordinator: record.coordinator,
		stopped: '0',
	};
}

/**
 * @param hash - What `HGETALL` gives; empty where there is no such run.
 * @returns Undefined where there is none.
 * @throws {BadMessage}
 */
export function readRecord(hash: Readonly<Record<string, string>>): RunRecord | undefined {
	if (Object.keys(hash).length === 0) {
		return undefined;
	}
	const version = text(hash['version'], 'run.version', 64);
	if (hash['wire'] !== String(WIRE_VERSION)) {
		throw new BadMessage(`run.wire: found ${hash['wire'] ?? 'nothing'}, expected ${WIRE_VERSION}`);
	}
	return {
		version,
		options: readOptions(
			json(text(hash['options'], 'run.options', MAX_OPTIONS_LENGTH), 'run.options'),
		),
		shardSize: whole(Number(hash['shardSize']), 'run.shardSize', 10_000),
		stopped: hash['stopped'] === '1',
		coordinator: text(hash['coordinator'], 'run.coordinator', 64),
	};
}

/** A browser may have exported thousands of cookies. */
const MAX_OPTIONS_LENGTH = 64_000_000;
const MAX_ITEMS = 1_000_000;

type Reader<T> = (value: unknown, where: string) => T;

/** How each option is read from the wire; written, it is JSON. */
const OPTION_READERS: {
	readonly [K in keyof Required<DownloadOptions>]: Reader<DownloadOptions[K]>;
} = {
	ifExists: (value, where) => oneOf(value, where, ['skip', 'update', 'overwrite', 'fail']),
	retries: (value, where) => whole(value, where),
	retryMaxTimeMs: amount,
	connectTimeoutMs: amount,
	maxTimeMs: (value, where) => optional(value, where, amount),
	stallTimeMs: amount,
	speedLimitBytesPerSecond: amount,
	speedTimeMs: amount,
	maxFilesizeBytes: (value, where) => optional(value, where, amount),
	remoteTime: flag,
	contentCheck: flag,
	compressed: flag,
	raw: flag,
	headers: readTexts,
	rate: (value, where) => optional(value, where, readRate),
	maxPerHost: (value, where) => optional(value, where, whole),
	proxy: (value, where) => optional(value, where, readTexts),
	caCertificates: (value, where) => optional(value, where, readPem),
	clientCertificate: (value, where) => optional(value, where, readPem),
	clientKey: (value, where) => optional(value, where, readPem),
	resolve: (value, where) => optional(value, where, readTexts),
	logins: (value, where) =>
		optional(value, where, (all, at) => list(all, at, MAX_ITEMS, readLogin)),
	cookies: (value, where) =>
		optional(value, where, (all, at) => list(all, at, MAX_ITEMS, readCookie)),
	insecure: flag,
	seed: (value, where) => optional(value, where, amount),
	detail: flag,
};

/** Releases that differ in their last number only understand each other. */
export function isCompatible(one: string, other: string): boolean {
	const series = (version: string) => version.split('.').slice(0, 2).join('.');
	return series(one) === series(other);
}

function readOptions(value: unknown): DownloadOptions {
	const options = object(value, 'options');
	const members = Object.entries(OPTION_READERS).map(([name, read]) => [
		name,
		read(options[name], `options.${name}`),
	]);
	return present(Object.fromEntries(members) as AllMembers<DownloadOptions>);
}

function readPem(value: unknown, where: string): string {
	return text(value, where, 1_000_000);
}

function readLogin(value: unknown, where: string): Login {
	const { host, user, password } = object(value, where);
	const known = optional(host, where, text);
	return {
		...(known !== undefined && { host: known }),
		user: text(user, where),
		password: text(password, where),
	};
}

function readCookie(value: unknown, where: string): StoredCookie {
	const cookie = object(value, where);
	const expiresMs = optional(cookie['expiresMs'], where, amount);
	return {
		name: text(cookie['name'], where),
		value: text(cookie['value'], where),
		domain: text(cookie['domain'], where),
		includeSubdomains: flag(cookie['includeSubdomains'], where),
		path: text(cookie['path'], where),
		secure: flag(cookie['secure'], where),
		...(expiresMs !== undefined && { expiresMs }),
	};
}

function readRate(value: unknown, where: string): Rate {
	const { requests, windowMs } = object(value, where);
	return { requests: amount(requests, where), windowMs: amount(windowMs, where) };
}

function readTexts(value: unknown, where: string): Readonly<Record<string, string>> {
	const members = object(value, where);
	return Object.fromEntries(
		Object.entries(members).map(([name, member]) => [name, text(member, `${where}.${name}`)]),
	);
}
