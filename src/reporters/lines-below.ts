import type { Output } from './output.ts';

const ESC = '\u001b[';
const CLEAR_REST_OF_LINE = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

/** Lines below the one that the cursor is in, at its beginning; it is there again afterwards. */
export interface LinesBelow {
	/** Replaces the lines that were drawn before. */
	draw(lines: readonly string[]): void;
}

export function linesBelow(output: Output): LinesBelow {
	let drawn = '';
	return {
		draw(lines) {
			const text = lines.map((line) => `\r\n${line}${CLEAR_REST_OF_LINE}`).join('');
			if (text === drawn) {
				return;
			}
			drawn = text;
			// With none left the first line below is still to be cleared, and not the one above it.
			const rows = Math.max(1, lines.length);
			output.write(`${text || '\r\n'}${CLEAR_BELOW}${ESC}${rows}A\r`);
		},
	};
}
