// Runs npm scripts at the same time, and prints what each has said once it has ended:
// `node scripts/side-by-side.mjs lint typecheck`.
import { spawn } from 'node:child_process';

const codes = await Promise.all(process.argv.slice(2).map(run));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

async function run(script) {
	const child = spawn(`npm run ${script}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
	let said = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text) => {
			said += text;
		});
	}
	return await new Promise((resolve, reject) => {
		child.on('error', reject).on('close', (code) => {
			process.stdout.write(said);
			resolve(code);
		});
	});
}
