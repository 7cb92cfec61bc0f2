import { expect, it } from 'vitest';
import { parseThresholdFile } from '../../../src/cli/options/thresholds.ts';

it('is a list of thresholds with the reason for each', () => {
	const json = '[{"expr": "failed == 0", "why": "no flag may be missing"}]';

	expect(parseThresholdFile(json, 'gates.json')).toMatchObject([
		{ text: 'failed == 0', why: 'no flag may be missing' },
	]);
});

it.each([
	['{', 'gates.json: found no JSON'],
	['[]', 'gates.json: found []; allowed: a list such as [{"expr": "failed == 0"'],
	['{"expr": "failed == 0"}', 'gates.json: found {"expr":"failed == 0"}; allowed: a list such as'],
	['[null]', 'gates.json, entry 1: found null; allowed: an object'],
	['[{"expr": "failed == 0"}]', 'gates.json, entry 1: the key "why" is missing'],
	['[{"expr": "failed == 0", "why": " "}]', 'gates.json, entry 1, why: found " "; allowed: a'],
	[
		'[{"exp": "failed == 0", "why": "x"}]',
		'entry 1, exp: found an unknown key; allowed: expr, why',
	],
	[
		'[{"expr": 1, "why": "x"}, {"why": "x"}]',
		'expr: found 1; allowed: a text\ngates.json, entry 2',
	],
	['[{"expr": "a", "why": "x"}, {"expr": "b", "why": "x"}]', 'gates.json, entry 2: found no'],
	[
		'[{"expr": "failed == 0", "why": "x"}, {"expr": "faild == 0", "why": "x"}]',
		'entry 2: "faild" is not',
	],
])('%s is refused with its place', (json, problem) => {
	expect(() => parseThresholdFile(json, 'gates.json')).toThrow(problem);
});
