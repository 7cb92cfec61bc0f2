import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, type Room, startRoom } from './chromium.ts';
import { hold, type OpenedPage, openBrowsePage } from './opened.ts';

describe.skipIf(!hasChromium())('the page in Chromium', () => {
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

	it('shows the flags as a grid with names, and says how many there are', async () => {
		opened = await openBrowsePage(room, '/');

		expect(await opened.status()).toBe('249 countries');
		expect((await opened.cards())[0]).toBe('Andorra AD · Andorra la Vella');
		const width = await opened.page
			.locator('#flags img')
			.first()
			.evaluate((image: Image) => image.decode().then(() => image.naturalWidth));
		expect(width).toBe(320);
	});

	it('searches as one types, and keeps the query in the address', async () => {
		opened = await openBrowsePage(room, '/');

		await opened.field.pressSequentially('isl', { delay: 20 });
		await opened.field.pressSequentially('and');
		await opened.statusToBe('18 countries match “island”');

		expect(await opened.cards()).toHaveLength(18);
		expect((await opened.cards())[0]).toBe('Aland Islands AX · Mariehamn');
		expect(opened.page.url()).toBe(`${room.server.url}/?q=island`);
		await opened.page.reload();
		await opened.statusToBe('18 countries match “island”');
	});

	it('sends what HTML and URLs would swallow as it was typed', async () => {
		opened = await openBrowsePage(room, '/');

		await opened.field.fill('são & tomé #1+');
		await opened.statusToBe('No country matches “são & tomé #1+”');
		await opened.field.fill('curacao');
		await opened.statusToBe('1 country matches “curacao”');
	});

	it('does not show an earlier answer that arrives late', async () => {
		opened = await openBrowsePage(room, '/');
		const { page } = opened;
		const held = hold();
		await page.route(/q=bra&/, async (route) => {
			await held.released;
			await route.continue().catch(() => {});
		});

		const [early] = await Promise.all([page.waitForRequest(/q=bra&/), opened.field.fill('bra')]);
		await opened.field.fill('brazil');
		await opened.statusToBe('1 country matches “brazil”');
		held.release();
		await (await early.response())?.finished();
		await page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))');

		expect(await opened.cards()).toEqual(['Brazil BR · Brasília']);
	});

	it('loads further pages on scroll, one by one, by the Link header, until all are there', async () => {
		opened = await openBrowsePage(room, '/');
		const { page, asked } = opened;
		const askedAtFirst = asked.length;

		for (let count = 0; count < 249; count = (await opened.cards()).length) {
			await page.evaluate('scrollTo(0, document.body.scrollHeight)');
			await opened.card(count).waitFor({ state: 'attached' });
		}

		expect(askedAtFirst).toBeLessThan(3);
		expect(asked.map((url) => new URL(url).searchParams.get('page') ?? '1')).toEqual(
			'123456789'.split(''),
		);
		expect(new Set(await opened.cards()).size).toBe(249);
		expect(await page.locator('#more').isVisible()).toBe(false);
	});

	it('fills a tall window without a scroll', async () => {
		opened = await openBrowsePage(room, '/', { viewport: { width: 1600, height: 4000 } });
		await opened.card(119).waitFor({ state: 'attached' });
	});

	it('says that a search failed, and tries again', async () => {
		let fails = true;
		opened = await openBrowsePage(room, '/', {}, (page) =>
			page.route(/\/countries\?/, (route) => (fails ? route.abort() : route.continue())),
		);
		expect(await opened.status()).toMatch(/^The search failed: /);
		expect(opened.complaints.splice(0).join()).toContain('ERR_FAILED');

		fails = false;
		await opened.page.getByRole('button', { name: 'Try again' }).click();
		await opened.statusToBe('249 countries');
		expect((await opened.cards())[0]).toContain('Andorra');
	});

	it('shows the code where a flag does not come', async () => {
		opened = await openBrowsePage(room, '/?q=brazil', {}, (page) =>
			page.route(/br\.gif/, (route) => route.abort()),
		);
		const missing = opened.page.locator('.missing');
		await missing.waitFor();

		expect(await missing.getAttribute('data-code')).toBe('BR');
		expect(opened.complaints.splice(0).join()).toContain('ERR_FAILED');
	});
});

// From the DOM, whose types are not among those of the project.
interface Image {
	readonly naturalWidth: number;
	decode(): Promise<void>;
}
