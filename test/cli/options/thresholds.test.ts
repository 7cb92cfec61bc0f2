import { expect, it } from 'vitest';
import { parseThresholdFile } from '../../../src/cli/options/thresholds.ts';

it('is a list of thresholds with the reason for each', () => {
	const json = '[{"expr": "failed == 0", "why": "nobody may miss a flag"}]';

	expect(parseThresholdFile(json, 'gates.json')).toMatchObject([
		{ text: 'failed == 0', why: 'nobody may miss a flag' },
	]);
});

it.each([
	['{', 'gates.json: is not JSON'],
	['[]', 'gates.json: found no list of thresholds'],
	['{"expr": "failed == 0"}', 'gates.json: found no list of thresholds'],
	['[null]', 'gates.json, entry 1: found null; allowed: an object with the texts "expr" and "why"'],
	['[{"expr": "failed == 0"}]', 'gates.json, entry 1: found {"expr":"failed == 0"}'],
	['[{"expr": "failed == 0", "why": " "}]', 'gates.json, entry 1: found'],
	['[{"expr": "failed == 0", "why": "x", "level": 1}]', 'found the member "level"'],
	['[{"expr": "failed == 0", "why": "x"}, {"expr": "faild == 0", "why": "x"}]', 'entry 2: there'],
])('%s is refused with its place', (json, problem) => {
	expect(() => parseThresholdFile(json, 'gates.json')).toThrow(problem);
});
