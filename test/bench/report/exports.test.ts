import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/bench/analysis/analysis.ts';
import { jsonReport } from '../../../src/bench/report/exports.ts';
import { makeMeasured } from '../make-measured.ts';

const WALLS = {
	'sequential@1': [1300, 1290, 1310, 1305, 1295, 1302, 1299],
	'async@8': [200, 199, 203, 201, 198, 202, 200],
};

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
