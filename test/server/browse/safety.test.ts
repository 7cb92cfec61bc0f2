import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, type Room, startRoom } from './chromium.ts';
import { type OpenedPage, openBrowsePage } from './opened.ts';

describe.skipIf(!hasChromium())('the page and hostile text', () => {
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

	it.each([
		'"><script>',
		'"><script>document.title = "broken"</script>',
		'<img src=x onerror="document.title = \'broken\'">',
	])('shows the query %j as text', async (query) => {
		opened = await openBrowsePage(room, `/?${new URLSearchParams({ q: query }).toString()}`);
		const { page } = opened;

		await opened.statusToBe(`No country matches “${query}”`);
		expect(await opened.field.inputValue()).toBe(query);
		expect(await page.title()).toBe('Flags of the world');
		expect(await page.locator('img').count()).toBe(0);
		expect(await page.locator('script').count()).toBe(1);
	});

	it('shows names from the server as text too', async () => {
		const country = {
			country: '<b>x</b>',
			iso_cc: 'XX',
			capital: '<i>y</i>',
			flag: '/flags/br/br.gif',
		};
		opened = await openBrowsePage(room, '/', {}, (page) =>
			page.route(/\/countries\?/, (route) =>
				route.fulfill({ json: { total: 1, countries: [country] } }),
			),
		);

		expect(await opened.cards()).toEqual(['<b>x</b> XX · <i>y</i>']);
	});

	it('runs no script but its own', async () => {
		opened = await openBrowsePage(room, '/');

		await opened.page.evaluate(`
			const script = document.createElement('script');
			script.textContent = 'document.title = "broken"';
			document.body.append(script);
		`);

		expect(await opened.page.title()).toBe('Flags of the world');
		expect(opened.complaints.splice(0).join()).toContain('Content Security Policy');
	});

	it('asks no other server', async () => {
		const origins = new Set<string>();
		opened = await openBrowsePage(room, '/', {}, (page) => {
			page.on('request', (request) => origins.add(new URL(request.url()).origin));
			return Promise.resolve();
		});
		await opened.page.locator('#flags img').first().scrollIntoViewIfNeeded();
		await opened.page.waitForLoadState('networkidle');

		// `null`: the icon, which is embedded in the page.
		expect([...origins].filter((origin) => origin !== 'null')).toEqual([room.server.url]);
	});
});
