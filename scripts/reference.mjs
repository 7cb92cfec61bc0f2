// Writes docs/reference from what the code declares: `npm run reference`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { COMMANDS } from '../dist/cli/program.js';
import { CLASSES } from '../dist/download/errors.js';
import { CHECKS } from '../dist/schema/smoke-events.js';
import { METRICS } from '../dist/thresholds/metrics.js';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/reference');

/** Each page, by its file. */
export function pages() {
	return {
		'commands.md': page('Commands', 'What `flagdl <command> --help` prints.', commands()),
		'failures.md': page(
			'Failures',
			'The codes of failed targets, as they appear in events, reports and messages. Every other `http_<status>`, and every other code, is final.',
			table(
				['code', 'retried', 'why'],
				Object.entries(CLASSES).map(([code, { retry, why }]) => [
					`\`${code}\``,
					retry ? 'yes' : 'no',
					why,
				]),
			),
		),
		'findings.md': page(
			'Findings of smoke',
			'Findings that a run of `smoke` can have, the most important first: the `check` of a finding in [its events and reports](../../fixtures/schemas/smoke.schema.json).',
			table(
				['check', 'means'],
				Object.entries(CHECKS).map(([name, meaning]) => [`\`${name}\``, meaning]),
			),
		),
		'metrics.md': page(
			'Thresholds and metrics',
			'`--threshold "<metric> <operator> <limit>"` of `smoke` and `bench`. A metric with many values takes a stat, as in `latency.p(95)`: `.p(95)`, `.median`, `.mean`, `.min` or `.max`; `.lo` and `.hi` are the ends of an interval, as in `speedup.lo`. Labels in braces select runs: `{strategy: async, c: 8}`.',
			table(
				['metric', 'is a', 'measures'],
				Object.entries(METRICS).map(([name, { kind, measures }]) => [
					`\`${name}\``,
					kind,
					measures,
				]),
			),
		),
		'scenarios.md': page(
			'The language of scenarios',
			'Members of a scenario file, by [its JSON Schema](../../fixtures/schemas/scenario.schema.json).',
			members(schemaOf('scenario')),
		),
		'config.md': page(
			'The configuration file',
			'Members of the file of `flagdl get --config <file>`, by [its JSON Schema](../../fixtures/schemas/config.schema.json): the long options without their dashes. An option on the command line takes precedence.',
			members(schemaOf('config')),
		),
		'events.md': page(
			'Events',
			'Lines of `--json` and of a report in `.ndjson`, by [their JSON Schema](../../fixtures/schemas/events.schema.json). Points in time (`startMs`, `endMs`, …) are milliseconds since the Unix epoch, on one clock for the whole run.',
			events(schemaOf('events')),
		),
	};
}

function page(title, introduction, body) {
	return `# ${title}\n\n${introduction} Written by \`npm run reference\`.\n\n${body.trimEnd()}\n`;
}

function commands() {
	return COMMANDS.map((name) => `## flagdl ${name}\n\n\`\`\`text\n${helpOf(name)}\n\`\`\`\n`).join(
		'\n',
	);
}

function helpOf(name) {
	const args = [join(root, 'bin/flagdl.js'), name, '--help'];
	const env = { ...process.env, COLUMNS: '80', NO_COLOR: '1' };
	return execFileSync(process.execPath, args, { encoding: 'utf8', env }).trimEnd();
}

function schemaOf(name) {
	return JSON.parse(readFileSync(join(root, `fixtures/schemas/${name}.schema.json`), 'utf8'));
}

/** A section for each event, and one for each object that several of them hold. */
function events({ oneOf, $defs }) {
	const sections = [
		...oneOf.map((schema) => [`\`${schema.properties.type.const}\``, schema]),
		...Object.entries($defs).filter(([, { properties }]) => properties !== undefined),
	];
	return sections.map(([name, schema]) => `## ${name}\n\n${members(schema)}`).join('\n');
}

/** The members of an object, those of its objects behind them, each on a row. */
function members(schema) {
	return table(['member', 'value', 'meaning'], [...rowsOf(schema, '')]);
}

function* rowsOf({ properties = {}, required = [] }, path) {
	for (const [name, schema] of Object.entries(properties)) {
		const isRequired = required.includes(name) ? '' : '?';
		yield [`\`${path}${name}\`${isRequired}`, shownValue(schema), meaningOf(schema)];
		for (const inner of objectsIn(schema)) {
			const type = inner.properties?.type?.const;
			yield* rowsOf(inner, `${path}${name}${type === undefined ? '' : `(${type})`}.`);
		}
	}
}

function meaningOf({ description = '', default: value }) {
	const isShown = value !== '' && value !== undefined && typeof value !== 'object';
	return isShown ? `${description} (default: ${value})`.trimStart() : description;
}

function* objectsIn(schema) {
	if (schema.properties !== undefined) {
		yield schema;
	}
	for (const inner of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), schema.items ?? {}]) {
		if (Object.keys(inner).length > 0) {
			yield* objectsIn(inner);
		}
	}
}

function shownValue(schema) {
	if (schema.const !== undefined) {
		return `\`${JSON.stringify(schema.const)}\``;
	}
	if (schema.enum !== undefined) {
		return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
	}
	if (schema.$ref !== undefined) {
		return schema.$ref.split('/').at(-1);
	}
	const either = schema.anyOf ?? schema.oneOf;
	if (either !== undefined) {
		return [...new Set(either.map(shownValue))].join(' or ');
	}
	const { type = 'any', pattern, minimum, maximum } = schema;
	const range =
		minimum === undefined && maximum === undefined ? '' : `, ${minimum ?? ''}…${maximum ?? ''}`;
	return pattern === undefined ? `${[type].flat().join(' or ')}${range}` : `\`${pattern}\``;
}

export function table(head, rows) {
	const line = (cells) =>
		`| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
	return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

if (process.argv[1] === import.meta.filename) {
	mkdirSync(folder, { recursive: true });
	for (const [file, text] of Object.entries(pages())) {
		writeFileSync(join(folder, file), text);
	}
}
