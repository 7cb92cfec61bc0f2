import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { csvReport } from '../../../src/bench/report/csv.ts';
import { jsonReport } from '../../../src/bench/report/json.ts';
import { markdownReport } from '../../../src/bench/report/markdown.ts';
import { makeMeasured } from '../make-measured.ts';

const WALLS = {
	'sequential@1': [1300, 1290, 1310, 1305, 1295, 1302, 1299],
	'async@8': [200, 199, 203, 201, 198, 202, 200],
};

describe('the CSV', () => {
	it('has a line for each request of each run', () => {
		const records = parse<Record<string, string>>(csvReport(makeMeasured({ walls: WALLS })), {
			columns: true,
		});

		expect(records).toHaveLength(2 * 7 * 24);
		expect(records.at(-1)).toMatchObject({
			round: '7',
			strategy: 'async',
			slots: '8',
			run_status: 'ok',
			file: 'F23',
			attempt: '1',
			start_ms: '100',
			headers_ms: '150',
			served_ms: '50',
			status: '200',
		});
	});

	it('keeps quotes, commas and formulas of ids apart from its own', () => {
		const [, row] = parse(
			csvReport(
				makeMeasured({
					walls: { 'async@8': [1] },
					files: 1,
					measured: { work: { files: [{ id: '=1+"a",b', url: 'http://h/' }] } },
				}),
			),
		);

		expect(row?.[4]).toBe('\'=1+"a",b');
	});
});

describe('the JSON', () => {
	it('has every raw time, and follows its schema', () => {
		const schema = new URL('../../../fixtures/schemas/bench.schema.json', import.meta.url);
		const validate = new Ajv({ allowUnionTypes: true, validateFormats: false }).compile(
			JSON.parse(readFileSync(schema, 'utf8')) as object,
		);
		const measured = makeMeasured({ walls: WALLS });
		const results = JSON.parse(jsonReport(measured, analyse(measured))) as { runs: unknown[] };

		validate(results);
		expect(validate.errors).toBeNull();
		expect(results.runs).toEqual(measured.runs);
		expect(validate({ ...results, v: 2 })).toBe(false);
		expect(validate({ ...results, runs: [{ round: 0 }] })).toBe(false);
	});
});

describe('the Markdown', () => {
	it('is a table with the speed-ups, the verdict and the command', () => {
		const measured = makeMeasured({ walls: WALLS });
		const text = markdownReport(measured, analyse(measured));

		expect(text).toMatch(/^\| strategy \| slots \| time \| times as fast \| 95 % interval \|/m);
		expect(text).toMatch(/^\| async \| 8 \| 200 ms \| 6\.5 \| 6\.45–6\.52 \|/m);
		expect(text).toMatch(
			/^- \*\*async \(8\u00a0slots\) is 6\.45–6\.52\u00a0× faster than sequential/m,
		);
		expect(text).toContain('```sh\nflagdl bench --seed 1\n```');
	});

	it('escapes what would be markup', () => {
		const measured = makeMeasured({
			walls: { 'async@8': [1] },
			measured: { notes: ['a | b <script>'] },
		});

		expect(markdownReport(measured, analyse(measured))).toContain('a \\| b &lt;script>');
	});
});
