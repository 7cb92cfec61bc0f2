import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
	assertAbsolutePaths,
	clientName,
	expandPlaceholders,
	type Workspace,
} from '../../../src/smoke/client/command-line.ts';

const place: Workspace = {
	urls: ['http://127.0.0.1:1/flags/br/br.gif', 'http://127.0.0.1:1/flags/cn/cn.gif'],
	baseUrl: 'http://127.0.0.1:1/flags',
	listFile: '/tmp/with space/urls.txt',
	outputDir: '/tmp/files',
};

describe('the places in a command line', () => {
	it.each([
		['get {urls}', 'get http://127.0.0.1:1/flags/br/br.gif http://127.0.0.1:1/flags/cn/cn.gif'],
		['get -i {list} -d {dir}', 'get -i "$\u007bFLAGDL_LIST}" -d /tmp/files'],
		['get {base}/br/br.gif {base}/cn/cn.gif', 'get http://127.0.0.1:1/flags/br/br.gif '],
		['echo $\u007bdir} {other}', 'echo $\u007bdir} {other}'],
	])('%s', (line, filled) => {
		expect(expandPlaceholders(line, place, 'sh')).toContain(filled);
	});
});

describe('the places in a command line for cmd.exe', () => {
	const onWindows = { ...place, listFile: 'C:\\a & b%x%\\urls.txt', outputDir: 'C:\\Temp\\files' };

	it.each([
		['get {urls}', 'get http://127.0.0.1:1/flags/br/br.gif http://127.0.0.1:1/flags/cn/cn.gif'],
		['get -i {list} -d {dir}', 'get -i "%FLAGDL_LIST%" -d C:\\Temp\\files'],
		['get "-i{list}" \'{list}\'', 'get "-i%FLAGDL_LIST%" \'"%FLAGDL_LIST%"\''],
	])('%s', (line, filled) => {
		expect(expandPlaceholders(line, onWindows, 'cmd')).toBe(filled);
	});
});

describe('the name of a client', () => {
	it.each([
		['curl -fsSZ {urls}', 'curl'],
		['/usr/bin/aria2c -i {list}', 'aria2c'],
		['node test/naive-fetch.mjs', 'naive-fetch'],
		['"/opt/node 20/bin/node" "my client.mjs" --fast', 'my client'],
		['python3 ./get_flags.py', 'get_flags'],
		['sh -c "exit 5"', 'sh'],
		['node -e "1"', 'node'],
	])('of %s is %s', (line, name) => {
		expect(clientName(line)).toBe(name);
	});

	it('needs something to run', () => {
		expect(() => clientName('  ')).toThrow('--client: found nothing to run');
	});
});

describe('the program and the script of a client', () => {
	const cwd = fileURLToPath(new URL('..', import.meta.url));

	it.each([
		['node client/command-line.test.ts {urls}', 'client/command-line.test.ts'],
		["sh './client/command-line.test.ts'", './client/command-line.test.ts'],
		['./client/command-line.test.ts --fast', './client/command-line.test.ts'],
	])('are not found by a relative path: %s', (line, path) => {
		expect(() => assertAbsolutePaths(line, cwd)).toThrow(
			`--client: found "${path}"; allowed: an absolute path, since a client runs in a directory of its own; did you mean ${resolve(cwd, path)}?`,
		);
	});

	it.each([
		`node ${cwd}client/command-line.test.ts`,
		'node gone/client.mjs',
		'curl -o client/command-line.test.ts {urls}',
		`cd ${cwd} && node client/command-line.test.ts`,
		'client',
	])('may be %s', (line) => {
		expect(() => assertAbsolutePaths(line, cwd)).not.toThrow();
	});
});
