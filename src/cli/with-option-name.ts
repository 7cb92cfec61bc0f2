import { UsageError } from '../util/errors.ts';

/** Does something with an option's value; what is wrong with it then begins with its name. */
export function withOptionName<T>(option: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof UsageError) {
			throw new UsageError(`${option}: ${error.message}`, { cause: error });
		}
		throw error;
	}
}
