import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, type Room, startRoom } from './chromium.ts';
import { hold, type OpenedPage, openBrowsePage } from './opened.ts';

describe.skipIf(!hasChromium())('the look of the page', () => {
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
		[320, 2],
		[400, 2],
		[1280, 6],
	])('needs no sideways scroll at %i px, and has %i columns', async (width, columns) => {
		opened = await openBrowsePage(room, '/?q=island', { viewport: { width, height: 800 } });

		expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
		const lefts = await opened.page
			.locator('#flags li')
			.evaluateAll((items: Box[]) => items.map((item) => item.getBoundingClientRect().left));
		expect(new Set(lefts).size).toBe(columns);
	});

	it.each(['light', 'dark'] as const)(
		'is %s where the reader wants it so, with contrast enough to read',
		async (colorScheme) => {
			opened = await openBrowsePage(room, '/?q=island', { colorScheme });

			const back = await color('body', 'backgroundColor');
			const card = await color('#flags a', 'backgroundColor');
			expect(luminance(back) < 0.2).toBe(colorScheme === 'dark');
			// WCAG 2, level AA.
			expect(contrast(await color('#flags .name', 'color'), card)).toBeGreaterThan(4.5);
			expect(contrast(await color('#flags .facts', 'color'), card)).toBeGreaterThan(4.5);
			expect(contrast(await color('#status', 'color'), back)).toBeGreaterThan(4.5);
		},
	);

	it('does not move the page when flags arrive', async () => {
		const held = hold();
		opened = await openBrowsePage(room, '/?q=brazil', {}, (page) =>
			page.route(/br\.gif/, async (route) => {
				await held.released;
				await route.continue();
			}),
		);
		const before = await opened.card(0).boundingBox();

		held.release();
		await opened.page.waitForLoadState('networkidle');

		expect(before?.height).toBeGreaterThan(150);
		expect(await opened.card(0).boundingBox()).toEqual(before);
	});

	async function color(selector: string, property: string): Promise<number[]> {
		const text = await opened.page.evaluate(
			`getComputedStyle(document.querySelector('${selector}')).${property}`,
		);
		return (String(text).match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
	}
});

// From the DOM, whose types are not among those of the project.
interface Box {
	getBoundingClientRect(): { readonly left: number };
}

function contrast(one: readonly number[], other: readonly number[]): number {
	const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance of an sRGB colour, from 0 to 1. */
function luminance(rgb: readonly number[]): number {
	const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
		const part = value / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
