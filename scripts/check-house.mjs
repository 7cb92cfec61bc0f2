// Counts what lint cannot: small files with one user, crowded folders, and words that the vocabulary has replaced
// (`npm run check:house`). Each count has a ceiling, which only ever goes down.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const CEILINGS = { smallFiles: 2, crowdedFolders: 0, oldWords: 13 };

const MIN_LINES = 30;
const MAX_FILES_IN_FOLDER = 15;

/** Names and phrases with a successor that is a term of the field. Only those without a second meaning. */
const OLD_WORDS =
	/\b(Inquiry|askPolitely|refusedReport|OriginGate|GateClosed|OverloadWatch|SeenWhole|SeenInPassing|FreshFolders|SmallFiles|TimeIsUp|Circumstances|Undertaking|Surroundings|Gatekeeper|Mailbox|nobody|somebody|whoever|everybody|anybody)\b|\b(MOST|FEWEST)_[A-Z]+/gi;

const CODE = /\.(ts|mjs|cjs)$/;
const sources = new Map(readAll('src', CODE));
const everything = new Map([
	...sources,
	...readAll('test', CODE),
	...readAll('docs', /\.md$/),
	...['README.md', 'CONTRIBUTING.md'].map((path) => [path, readFileSync(path, 'utf8')]),
]);

const users = new Map();
for (const [path, text] of sources) {
	for (const [, imported] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
		const target = join(dirname(path), imported);
		users.set(target, (users.get(target) ?? new Set()).add(path));
	}
}
const folders = new Map();
for (const path of sources.keys()) {
	folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
}

const found = {
	smallFiles: [...sources]
		.filter(([path, text]) => text.split('\n').length <= MIN_LINES && users.get(path)?.size === 1)
		.map(([path]) => path),
	crowdedFolders: [...folders]
		.filter(([, files]) => files > MAX_FILES_IN_FOLDER)
		.map(([folder, files]) => `${folder}: ${files} files`),
	oldWords: [...everything].flatMap(([path, text]) =>
		[...text.matchAll(OLD_WORDS)].map(([word]) => `${path}: ${word}`),
	),
};

for (const [name, ceiling] of Object.entries(CEILINGS)) {
	const { length } = found[name];
	console.log(`${name}: ${length}, ceiling ${ceiling}`);
	if (length > ceiling || process.argv.includes('--list')) {
		console.log(found[name].map((line) => `  ${line}`).join('\n'));
	} else if (length < ceiling) {
		console.log(`  lower the ceiling in scripts/check-house.mjs to ${length}`);
	}
	if (length > ceiling) {
		process.exitCode = 1;
	}
}

function readAll(root, extension) {
	return readdirSync(root, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && extension.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.map((path) => [path, readFileSync(path, 'utf8')]);
}
