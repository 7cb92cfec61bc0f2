import type { FoundCountries, FoundCountry } from '../../finder/country.ts';
import { printable } from '../../util/text.ts';
import type { Io, Terminal } from '../io.ts';

/**
 * Prints matches as they arrive, and stops asking when the reader has left (`| head`).
 *
 * @returns How many there were.
 */
export async function printFound(
	parts: FoundCountries,
	codesOnly: boolean,
	{ stdout, interrupted }: Pick<Io, 'stdout' | 'interrupted'>,
): Promise<number> {
	const columns = { name: 0 };
	const line = codesOnly ? codeLine : stdout.isTTY === true ? alignedLine : factsLine;
	let count = 0;

	// The error of a reader who has left comes as an event too, and unheard it would end the process.
	stdout.once('error', () => {});
	for await (const countries of parts) {
		count += countries.length;
		columns.name = Math.max(columns.name, ...countries.map(({ name }) => name.length));
		const text = countries.map((country) => line(country, columns.name)).join('');
		if (text !== '' && !(await write(stdout, text, interrupted))) {
			break;
		}
	}
	return count;
}

function codeLine({ code }: FoundCountry): string {
	return `${code}\n`;
}

function factsLine({ code, name, capital }: FoundCountry): string {
	return `${code}\t${printable(name)}\t${printable(capital)}\n`;
}

/** For people; programs get TABs. Later pages may need a wider column. */
function alignedLine({ code, name, capital }: FoundCountry, nameWidth: number): string {
	return `${code}  ${printable(name).padEnd(nameWidth)}  ${printable(capital)}`
		.trimEnd()
		.concat('\n');
}

/** Whether it was taken; waits until it was, so that a slow reader slows the search down. */
function write(stdout: Terminal, text: string, signal: AbortSignal): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const abort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', abort, { once: true });
		stdout.write(text, (error) => {
			signal.removeEventListener('abort', abort);
			resolve(error === null || error === undefined);
		});
	});
}
