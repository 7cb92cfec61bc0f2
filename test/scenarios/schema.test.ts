import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseScenario, parseSyntax, ScenarioError } from '../../src/scenarios/load-scenario.ts';
import { bundledDocuments, scenarioSchema } from './documents.ts';

const isValid = new Ajv2020({ strict: true }).compile(scenarioSchema());
const documents = bundledDocuments();

it.each([...documents.keys()])('takes the bundled scenario %s by schema and by reader', (name) => {
	const document = documents.get(name);

	expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
	expect(parseScenario(document).name).toBe(name);
});

it('agrees with the schema on what is wrong', () => {
	fc.assert(
		fc.property(mutated(), (document) => {
			expect(readerTakes(document)).toBe(isValid(document));
		}),
		{ numRuns: 5_000 },
	);
});

it('meets wrong and right documents alike in the test above', () => {
	const verdicts = fc.sample(mutated(), 1_000).map((document) => isValid(document));
	const wrong = verdicts.filter((verdict) => !verdict).length;

	expect(wrong).toBeGreaterThan(200);
	expect(wrong).toBeLessThan(950);
});

function readerTakes(document: unknown): boolean {
	try {
		parseSyntax(document, 'x');
		return true;
	} catch (error) {
		if (error instanceof ScenarioError) {
			return false;
		}
		throw error;
	}
}

/** A document with every kind of rule, with one or two of its values changed, added or removed. */
function mutated(): fc.Arbitrary<unknown> {
	const base = { ...documents.get('hostile'), ...EVERYTHING };
	const paths = pathsOf(base);
	const mutation = fc.record({
		path: fc.constantFrom(...paths),
		how: fc.constantFrom('set', 'set', 'remove', 'add' as const),
		key: fc.constantFrom(
			'at',
			'status',
			'type',
			'hops',
			'rate',
			'digest',
			'codes',
			'x',
			'__proto__',
		),
		value: fc.oneof(
			fc.constantFrom(...paths.map((path) => valueAt(base, path))),
			fc.constantFrom<unknown>(null, true, false, [], {}, '', '*', 'br', 'a'.repeat(65)),
			fc.constantFrom<unknown>(0, 1, -1, 0.5, 200, 400, 599, 600, 302, 1e9, 2 ** 53),
			fc.constantFrom<unknown>(
				'1s',
				'0.5ms',
				'1',
				'1h',
				'10 s',
				'1KiB',
				'1B/s',
				'1.5s',
				'9'.repeat(7),
			),
			fc.constantFrom<unknown>('1-2', '3-', '0', '2-1', 'endless', '/x*', '/x#y', 'reset', 'chunk'),
		),
	});

	return fc.array(mutation, { minLength: 1, maxLength: 2 }).map((mutations) => {
		const document = structuredClone(base) as unknown;
		for (const { path, how, key, value } of mutations) {
			const parent = valueAt(document, path.slice(0, -1));
			const last = path.at(-1);
			if (typeof parent !== 'object' || parent === null || last === undefined) {
				continue;
			}
			const target = parent as Record<string, unknown>;
			if (how === 'remove') {
				delete target[last];
			} else {
				target[how === 'add' && !Array.isArray(parent) ? key : last] = structuredClone(value);
			}
		}
		// Only what JSON can express: no sparse arrays, no prototypes.
		return JSON.parse(JSON.stringify(document)) as unknown;
	});
}

const EVERYTHING = {
	latency: { dist: 'uniform', min: '10ms', max: '20ms' },
	limits: {
		bandwidth: '1MiB/s',
		rateLimit: { requests: 50, window: '1s', retryAfter: '1s' },
		maxConnections: 10,
		maxInFlight: 10,
	},
	expect: { codes: ['br'], retries: 3, ok: 1, not_found: 0, error: 0, requests: 1 },
};

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
	const here = path.length === 0 ? [] : [[...path]];
	if (typeof value !== 'object' || value === null) {
		return here;
	}
	return [
		...here,
		...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key])),
	];
}

function valueAt(value: unknown, path: readonly string[]): unknown {
	return path.reduce<unknown>(
		(inner, key) =>
			typeof inner === 'object' && inner !== null
				? (inner as Record<string, unknown>)[key]
				: undefined,
		value,
	);
}
