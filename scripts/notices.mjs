// The licences of what the package holds of others: what is bundled, and the drawings of the flags.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const RULE = `\n${'-'.repeat(80)}\n\n`;

/** @param metafiles - Of esbuild, whose inputs are paths from dist. */
export function writeNotices(metafiles) {
	const inputs = metafiles.flatMap(({ inputs: files }) => Object.keys(files));
	const names = inputs.flatMap(
		(path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? [],
	);
	const bundled = [...new Set(names)].sort();
	const text = [
		'The bundles in dist/bundle hold the packages below, and fixtures/flags are rendered from the\ndrawings of flag-icons.\n',
		...[...bundled, 'flag-icons'].map(notice),
	].join(RULE);
	writeFileSync(resolve(root, 'dist/THIRD-PARTY-NOTICES.txt'), text);
}

function notice(name) {
	const folder = resolve(root, 'node_modules', name);
	const { version, license } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
	const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
	if (file === undefined) {
		throw new Error(`${name} has no licence file`);
	}
	return `${name} ${version} (${license})\n\n${readFileSync(resolve(folder, file), 'utf8').trim()}\n`;
}
