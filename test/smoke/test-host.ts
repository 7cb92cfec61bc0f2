import type { Io } from '../../src/cli/io.ts';
import { openHost } from '../../src/cli/smoke/host.ts';
import type { Host } from '../../src/smoke/client/run-command.ts';

/** The host of the real command. */
export function testHost(): Host {
	const io: Pick<Io, 'env'> = { env: process.env };
	return openHost(io);
}
