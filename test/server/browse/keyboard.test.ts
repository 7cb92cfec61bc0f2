import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, type Room, startRoom } from './chromium.ts';
import { type OpenedPage, openBrowsePage } from './opened.ts';

describe.skipIf(!hasChromium())('the page by keyboard alone', () => {
	let room: Room;
	let opened: OpenedPage;

	beforeAll(async () => {
		room = await startRoom();
	});

	afterEach(async () => {
		await opened.page.context().close();
		expect(opened.complaints).toEqual([]);
	});

	afterAll(() => room.close());

	it('goes from the field to the flags, among them, back, and to a flag', async () => {
		opened = await openBrowsePage(room, '/');
		const { page } = opened;
		expect(await opened.focused()).toBe('q');

		await page.keyboard.type('island');
		await opened.statusToBe('18 countries match “island”');
		expect(await after('ArrowDown')).toContain('Aland Islands');
		expect(await after('ArrowRight')).toContain('Bouvet Island');
		expect(await after('Tab')).toContain('Cocos');
		expect(await after('ArrowUp')).toBe('q');
		expect(await after('ArrowDown')).toContain('Aland Islands');
		expect(await after('End')).toContain('Virgin Islands (U.S.)');
		expect(await after('/')).toBe('q');
		expect(await opened.field.inputValue()).toBe('island');

		await after('ArrowDown');
		await page.keyboard.press('Enter');
		await page.waitForURL(`${room.server.url}/flags/ax/ax.gif`);
	});

	it('moves by rows', async () => {
		opened = await openBrowsePage(room, '/', { viewport: { width: 400, height: 800 } });

		await after('ArrowDown');
		const [, , third = ''] = await opened.cards();
		expect((await after('ArrowDown')).replaceAll(/\s+/g, ' ')).toBe(third);
	});

	it('loads on as the focus moves down', async () => {
		opened = await openBrowsePage(room, '/');

		await after('ArrowDown');
		await expect
			.poll(async () => {
				await after('End');
				return (await opened.cards()).length;
			})
			.toBeGreaterThanOrEqual(120);
	});

	async function after(key: string): Promise<string> {
		await opened.page.keyboard.press(key);
		return await opened.focused();
	}
});
