import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Room } from './chromium.ts';

/** The opened page, as its user sees it. */
export interface OpenedPage {
	readonly page: Page;
	/** Errors of the console and of scripts; a test removes those that it causes. */
	readonly complaints: string[];
	/** URLs of `/countries` that the page requested. */
	readonly asked: readonly string[];
	readonly field: Locator;
	card(index: number): Locator;
	/** Text of each card. */
	cards(): Promise<string[]>;
	status(): Promise<string>;
	/** Waits for this text of the status line. */
	statusToBe(text: string): Promise<void>;
	/** Id of the focused element, or else its text. */
	focused(): Promise<string>;
}

/** @param prepare - Runs before the page is loaded. */
export async function openBrowsePage(
	{ browser, server }: Room,
	path: string,
	options: BrowserContextOptions = {},
	prepare?: (page: Page) => Promise<unknown>,
): Promise<OpenedPage> {
	const page = await browser.newPage(options);
	const complaints: string[] = [];
	const asked: string[] = [];
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => {
		// The browser requests an icon for a flag that is opened alone.
		const ofIcon = message.location().url.endsWith('/favicon.ico');
		if (message.type() === 'error' && !ofIcon) {
			complaints.push(message.text());
		}
	});
	page.on('request', (request) => {
		if (request.url().includes('/countries')) {
			asked.push(request.url());
		}
	});

	await prepare?.(page);
	await page.goto(server.url + path);
	await page.locator('#status:not(:empty)').waitFor();

	return {
		page,
		complaints,
		asked,
		field: page.getByRole('searchbox', { name: 'Search by country, capital or code' }),
		card: (index) => page.locator('#flags li').nth(index),
		async cards() {
			const texts = await page.locator('#flags a').allInnerTexts();
			return texts.map((text) => text.trim().replaceAll(/\s+/g, ' '));
		},
		status: () => page.locator('[role=status][aria-live=polite]').innerText(),
		async statusToBe(text) {
			await page.locator('#status').getByText(text, { exact: true }).waitFor();
		},
		async focused() {
			return String(
				await page.evaluate('document.activeElement.id || document.activeElement.innerText'),
			);
		},
	};
}

/** A promise that the test resolves. */
export function hold(): { readonly released: Promise<void>; release(): void } {
	let release = () => {};
	const released = new Promise<void>((resolve) => {
		release = resolve;
	});
	return { released, release: () => release() };
}
