import type { Host } from '../../smoke/host.ts';
import { UsageError } from '../../util/errors.ts';
import type { SmokeFlags } from '../smoke-command.ts';
import type { Field } from './field.ts';
import { openPlannedField } from './planned-field.ts';
import { openServerField } from './server-field.ts';

/**
 * Decides who is tested: flagdl or other clients against scenarios, or a server by flagdl.
 *
 * @throws {UsageError} When options contradict each other, or one is not what it should be.
 */
export function openField(
	codes: readonly string[],
	flags: SmokeFlags,
	cwd: string,
	host: Host,
): Field {
	const far = [
		flags.server !== undefined && '--server',
		flags.template !== undefined && '--template',
		flags.input.length > 0 && '--input',
		flags.checksums !== undefined && '--checksums',
	].filter((option) => option !== false);
	const near = [
		flags.scenario.length > 0 && '--scenario',
		flags.client.length > 0 && '--client',
		flags.seed !== undefined && '--seed',
	].filter((option) => option !== false);

	if (far.length > 0 && near.length > 0) {
		throw new UsageError(
			`${far.join(' and ')} test a server of your own, ${near.join(' and ')} the bundled one; drop one of them`,
		);
	}
	if (far.length === 1 && far[0] === '--checksums') {
		throw new UsageError('--checksums is for a server of your own; give --server, too');
	}
	if (flags.client.length > 0 && flags.strategies !== undefined) {
		throw new UsageError('--client and --strategies contradict each other; give one of them');
	}
	return far.length > 0
		? openServerField(codes, flags, cwd, host)
		: openPlannedField(codes, flags, cwd, host);
}
