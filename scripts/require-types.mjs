// Writes dist/index.d.cts: the types of what `require('flagdl')` gives, which are those of `import`.
//
// A declaration for CommonJS may name types of a module, but not re-export its values: each is declared.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const dist = resolve(import.meta.dirname, '../dist');
const values = Object.entries(await import('../dist/index.js'));
const isClass = (value) => typeof value === 'function' && /^class\b/.test(String(value));

const declarations = values.flatMap(([name, value]) => [
	`export declare const ${name}: typeof flagdl.${name};`,
	...(isClass(value) ? [`export type ${name} = flagdl.${name};`] : []),
]);
const from = "from './index.js' with { 'resolution-mode': 'import' };";
const lines = [`import type * as flagdl ${from}`, `export type * ${from}`, ...declarations];
writeFileSync(resolve(dist, 'index.d.cts'), `${lines.join('\n')}\n`);
