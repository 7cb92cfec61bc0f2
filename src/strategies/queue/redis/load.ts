import { CannotRunError } from '../../../util/errors.ts';

/** The two packages that only runs over many machines need. */
export interface Libraries {
	readonly bullmq: typeof import('bullmq');
	readonly Redis: typeof import('ioredis').Redis;
}

/**
 * Loads BullMQ and ioredis, which are optional peers of this package.
 *
 * @throws {CannotRunError} With the command that installs them, where they are missing.
 */
export async function loadLibraries(): Promise<Libraries> {
	try {
		const [bullmq, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
		return { bullmq, Redis };
	} catch (error) {
		if (!isMissing(error)) {
			throw error;
		}
		throw new CannotRunError(
			'runs over many machines need BullMQ and ioredis, which are not installed; run: npm install bullmq@6 ioredis@6',
			{ cause: error },
		);
	}
}

function isMissing(error: unknown): boolean {
	return (
		error instanceof Error &&
		'code' in error &&
		(error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND')
	);
}
