import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLAGDL } from '../helpers/flagdl.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { hasChromium, type Room, startRoom } from '../server/browse/chromium.ts';

const CODES = ['br', 'cn', 'in', 'us'];
const MISSING = 'missing.gif?X-Amz-Signature=…';

describe.skipIf(!hasChromium())('a report in HTML, in Chromium', () => {
	let room: Room;
	let folder: string;

	beforeAll(async () => {
		[room, folder] = await Promise.all([startRoom(), suiteFolder()]);
		const urls = [
			...CODES.map((code) => `flags/${code}/${code}.gif`),
			'missing.gif?X-Amz-Signature=S3CRET',
		].map((path) => `${room.server.url}/${path}`);
		const words = ['--report', 'r.html', '-H', 'authorization: S3CRET', '-d', 'it’s here'];
		const [node, bin] = FLAGDL;
		const run = promisify(execFile)(node, [bin, ...urls, ...words], { cwd: folder });
		await expect(run).rejects.toMatchObject({ code: 1 });
	}, 60_000);

	afterAll(async () => {
		await room.close();
	});

	async function open(options: Parameters<Room['browser']['newPage']>[0] = {}) {
		const page = await room.browser.newPage(options);
		const complaints: string[] = [];
		page.on('pageerror', ({ message }) => complaints.push(message));
		page.on('console', (message) => complaints.push(message.text()));
		await page.goto(pathToFileURL(join(folder, 'r.html')).href);
		return { page, complaints };
	}

	it('filters by name and status, and says how many are shown', async () => {
		const { page, complaints } = await open();
		const filter = page.getByRole('searchbox', { name: 'Filter' });

		await filter.fill('CN.GIF');
		expect(await namesIn(page)).toEqual(['cn.gif']);
		expect(await page.locator('#shown').innerText()).toBe('1 of 5');

		await filter.fill('not found');
		expect(await namesIn(page)).toEqual([MISSING]);

		await filter.fill('no such name');
		expect(await namesIn(page)).toEqual([]);
		expect(await page.locator('#shown').innerText()).toBe('0 of 5');

		await filter.fill('');
		expect(await namesIn(page)).toHaveLength(5);
		expect(complaints).toEqual([]);
	});

	it('sorts by each column, upwards and downwards, numbers by their value', async () => {
		const { page } = await open();
		expect((await namesIn(page))[0]).toBe(MISSING);

		const byName = page.getByRole('button', { name: 'name' });
		await byName.click();
		expect(await namesIn(page)).toEqual(['br.gif', 'cn.gif', 'in.gif', 'us.gif', MISSING]);
		await byName.click();
		expect((await namesIn(page))[0]).toBe(MISSING);
		expect(await page.locator('th[aria-sort=descending]').innerText()).toMatch(/^name/);

		await page.getByRole('button', { name: 'size' }).click();
		const sizes = await valuesIn(page.locator('table.files tbody td:nth-child(3)'));
		expect(sizes).toEqual([...sizes].sort((one, other) => one - other));
		expect(sizes.at(-1)).toBeGreaterThan(sizes.at(1) ?? 0);
	});

	it('can be read without scripts, with all files and no filter', async () => {
		const { page } = await open({ javaScriptEnabled: false });

		expect(await namesIn(page)).toHaveLength(5);
		expect(await page.getByRole('searchbox').isVisible()).toBe(false);
	});

	it.each(['light', 'dark'] as const)('is no wider than a phone (%s)', async (colorScheme) => {
		const { page } = await open({ viewport: { width: 400, height: 800 }, colorScheme });

		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
	});

	it('can be used by keyboard: focus is seen, and a sorted column is announced', async () => {
		const { page } = await open();
		const heads = page.locator('table.files thead th[scope=col]');
		expect(await heads.count()).toBe(5);

		await page.getByRole('searchbox').focus();
		await page.keyboard.press('Tab');
		const outline = 'getComputedStyle(document.activeElement).outlineStyle';
		expect(await page.evaluate('document.activeElement.textContent')).toBe('name');
		expect(await page.evaluate(outline)).toBe('solid');
		await page.keyboard.press('Enter');
		expect(await heads.first().getAttribute('aria-sort')).toBe('ascending');
	});

	it('draws each of the slowest within its track, and leads from what failed to why', async () => {
		const { page } = await open({ viewport: { width: 400, height: 800 } });
		const tracks = await page.locator('.waterfall .track').all();
		expect(tracks).toHaveLength(5);
		for (const track of tracks) {
			const outer = await track.boundingBox();
			const bar = await track.locator('i').last().boundingBox();
			expect(bar?.x).toBeGreaterThanOrEqual(outer?.x ?? 0);
			expect((bar?.x ?? 0) + (bar?.width ?? 0)).toBeLessThan(
				(outer?.x ?? 0) + (outer?.width ?? 0) + 2,
			);
		}
		await page.getByRole('link', { name: 'not found' }).click();
		expect(new URL(page.url()).hash).toBe('#failures');
	});

	it('has the command line without its secrets, and the versions', async () => {
		const { page } = await open();
		const text = await page.locator('header').innerText();

		expect(text).toContain(`/${MISSING}' --report r.html -H '…' -d 'it’s here'`);
		expect(text).toContain(`Node.js ${process.versions.node}`);
		expect(text).toMatch(/flagdl \d/);
		expect(await page.content()).not.toContain('S3CRET');
	});

	it('says each cause once', async () => {
		const { page } = await open();
		const group = await page.locator('details:has(.failures)').innerText();

		expect(group.match(/404/g)).toHaveLength(1);
		expect(group).not.toContain('http_404');
	});
});

/** Last parts of the names of the visible rows. */
async function namesIn(page: Page): Promise<string[]> {
	const names = await page.locator('table.files tbody tr:visible th').allInnerTexts();
	return names.map((name) => name.slice(name.lastIndexOf('/') + 1));
}

async function valuesIn(cells: Locator): Promise<number[]> {
	const all = await cells.all();
	return await Promise.all(all.map(async (cell) => Number(await cell.getAttribute('data-v'))));
}
