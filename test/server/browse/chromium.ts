import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';

const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Prints a note and returns false without Chromium; in CI, its absence is an error. */
export function hasChromium(): boolean {
	try {
		accessSync(EXECUTABLE, constants.X_OK);
		return true;
	} catch {
		if (process.env['CI'] === 'true') {
			throw new Error(`CI needs Chromium, and there is none at ${EXECUTABLE} (CHROMIUM_PATH)`);
		}
		console.warn(`SKIPPED: the page is not tested, for ${EXECUTABLE} is not there (CHROMIUM_PATH)`);
		return false;
	}
}

export interface Room {
	readonly server: FlagServer;
	readonly browser: Browser;
	close(): Promise<void>;
}

export async function startRoom(...options: readonly string[]): Promise<Room> {
	const server = await startFlagServer();
	const browser = await chromium.launch({
		executablePath: EXECUTABLE,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--no-first-run',
			...options,
		],
	});

	return {
		server,
		browser,
		async close() {
			await browser.close();
			await server.close();
		},
	};
}
