import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Identity } from '../../server/certificate.ts';
import { cannotUseTemporary, makeTemporaryDirectory } from '../../util/directories.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { readOptionFile } from '../options/option.ts';
import type { ServeFlags } from './command.ts';

/**
 * Reads `--tls`, `--tls-cert` and `--tls-key`, and generates a certificate if none is given.
 *
 * @param host - Host that the server listens on.
 * @returns Undefined if the server speaks HTTP.
 * @throws {UsageError} If they contradict each other or the scenario, or cannot be read.
 * @throws {CannotRunError} If the package `selfsigned` is not installed.
 */
export async function openTls(
	{ tls = false, tlsCert, tlsKey }: Pick<ServeFlags, 'tls' | 'tlsCert' | 'tlsKey'>,
	{
		scenario,
		host,
		cwd,
	}: { readonly scenario: Scenario; readonly host: string; readonly cwd: string },
): Promise<Identity | undefined> {
	const fault = scenario.tls?.certificate;
	if ((tlsCert === undefined) !== (tlsKey === undefined)) {
		throw new UsageError('--tls-cert and --tls-key belong together; give both, or none');
	}
	if (tlsCert !== undefined && tlsKey !== undefined) {
		if (fault !== undefined) {
			throw new UsageError(
				`--tls-cert and the scenario ${scenario.name}, which wants a certificate that is ${fault}, contradict each other; give --tls`,
			);
		}
		const read = (option: string, file: string) =>
			readOptionFile(option, resolve(cwd, file), quote(file));
		const identity = { cert: read('--tls-cert', tlsCert), key: read('--tls-key', tlsKey) };
		assertPair(identity);
		return identity;
	}
	if (!tls) {
		if (scenario.tls !== undefined) {
			throw new UsageError(`the scenario ${scenario.name} is for a server of HTTPS; give --tls`);
		}
		return undefined;
	}

	const { makeIdentity } = await import('../../server/certificate.ts');
	return await makeIdentity(host, fault);
}

/** The file of a CA for clients, in a temporary directory. */
export interface CaFile {
	readonly path: string;
	remove(): Promise<void>;
}

/** @throws {CannotRunError} If there is no temporary directory. */
export async function writeCaFile(ca: string): Promise<CaFile> {
	const folder = await makeTemporaryDirectory('flagdl-ca-');
	const path = join(folder, 'ca.pem');
	const remove = async () => await rm(folder, { recursive: true, force: true });
	try {
		await writeFile(path, ca);
	} catch (error) {
		await remove();
		throw cannotUseTemporary(error as Error);
	}
	return { path, remove };
}

/** @throws {UsageError} If they are not PEM, or the key is that of another certificate. */
function assertPair(identity: Identity): void {
	try {
		createSecureContext(identity);
	} catch (error) {
		const found = `what OpenSSL does not take (${(error as Error).message})`;
		const allowed = 'a certificate and its key, without a passphrase, both PEM';
		throw new UsageError(`--tls-cert and --tls-key: ${explainInput(found, allowed)}`, {
			cause: error,
		});
	}
}
