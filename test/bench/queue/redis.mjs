// What a Redis has done and holds, according to itself.
import { Redis } from 'ioredis';

export function openLook(url) {
	const client = new Redis(url);
	const numbers = async () => {
		const info = await client.info();
		const read = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
		return {
			cpuMs: (read('used_cpu_sys') + read('used_cpu_user')) * 1000,
			commands: read('total_commands_processed'),
			inBytes: read('total_net_input_bytes'),
			outBytes: read('total_net_output_bytes'),
			memoryBytes: read('used_memory'),
		};
	};
	/** @returns Memory and number of all matching keys. */
	const memoryOf = async (pattern) => {
		const keys = (await client.keys('*')).filter((key) => pattern.test(key));
		let bytes = 0;
		for (const key of keys) {
			bytes += await client.memory('USAGE', key, 'SAMPLES', 0);
		}
		return { count: keys.length, bytes };
	};
	return { client, numbers, memoryOf, close: () => client.disconnect() };
}
