import { spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';
import { FLAGDL } from './flagdl.ts';
import { judge } from './judged-command.ts';
import { onTestFinished } from './this-test.ts';

const ROWS = 40;

/** The command line on a real pseudo-terminal. */
export interface PseudoTerminal {
	/** All output, escape codes included. */
	readonly bytes: () => string;
	/** Content of the screen, without empty lines at its end. */
	readonly screen: () => readonly string[];
	/** Resolves when the screen satisfies a condition. */
	readonly until: (condition: (screen: readonly string[]) => boolean) => Promise<void>;
	readonly type: (keys: string) => void;
	readonly kill: (signal: NodeJS.Signals) => void;
	readonly resize: (columns: number) => void;
	readonly ended: Promise<number>;
}

export interface TerminalOptions {
	readonly columns?: number;
	/** `undefined` removes a variable. */
	readonly env?: Readonly<Record<string, string | undefined>>;
}

export function startOnTerminal(
	args: readonly string[],
	cwd: string,
	{ columns = 80, env: added = {} }: TerminalOptions = {},
): PseudoTerminal {
	const env: Record<string, string | undefined> = {
		...process.env,
		TERM: 'xterm-256color',
		...added,
	};
	for (const name of [
		'CI',
		'NO_COLOR',
		'FORCE_COLOR',
		'http_proxy',
		'HTTP_PROXY',
		'all_proxy',
		'ALL_PROXY',
	]) {
		if (!(name in added)) {
			delete env[name];
		}
	}
	const screen = new Terminal({ cols: columns, rows: ROWS, allowProposedApi: true });
	const [node, bin] = FLAGDL;
	const judged = judge(args, cwd);
	const child = spawn(node, [bin, ...judged.args], { cwd, env, cols: columns, rows: ROWS });
	onTestFinished(() => {
		child.kill('SIGKILL');
		screen.dispose();
	});

	let bytes = '';
	const state = { ended: false };
	const watchers = new Set<() => void>();
	const watch = () => {
		for (const watcher of watchers) {
			watcher();
		}
	};
	child.onData((data) => {
		bytes += data;
		screen.write(data, watch);
	});
	const lines = () => {
		const { active } = screen.buffer;
		const all = Array.from(
			{ length: active.length },
			(_, row) => active.getLine(row)?.translateToString(true) ?? '',
		);
		return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
	};

	const exited = new Promise<{ readonly exitCode: number; readonly code: number | null }>(
		(resolve) => {
			// Output reaches the screen only after the terminal has parsed it.
			child.onExit(({ exitCode, signal }) => {
				screen.write('', () => {
					state.ended = true;
					watch();
					resolve({ exitCode, code: signal === undefined || signal === 0 ? exitCode : null });
				});
			});
		},
	);
	const judgement = exited.then(({ exitCode, code }) => {
		judged.end({ code });
		return exitCode;
	});
	// Also if the test does not wait for the end.
	judgement.catch(() => {});
	onTestFinished(async () => {
		if (state.ended) {
			await judgement;
		}
	});

	return {
		bytes: () => bytes,
		screen: lines,
		type: (keys) => child.write(keys),
		kill: (signal) => child.kill(signal),
		resize(columns) {
			screen.resize(columns, ROWS);
			child.resize(columns, ROWS);
		},
		async until(condition) {
			await new Promise<void>((resolve, reject) => {
				const watcher = () => {
					if (condition(lines())) {
						watchers.delete(watcher);
						resolve();
					} else if (state.ended) {
						reject(new Error(`the process has ended, and shows:\n${lines().join('\n')}`));
					}
				};
				watchers.add(watcher);
				watcher();
			});
		},
		ended: judgement,
	};
}
