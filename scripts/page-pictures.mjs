// Takes pictures of a page in Chromium, wide and narrow, light and dark: docs/img/<name>-<width>-<scheme>.png.
//   node scripts/page-pictures.mjs page.html name [part of the page, as a CSS selector]
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const WIDTHS = [1280, 400];
const SCHEMES = ['light', 'dark'];
/** A longer picture shows no more of how a page looks. */
const MAX_HEIGHT = 3600;
/** Few colours keep the files small. */
const COLOURS = 24;

const [page, name, selector] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const folder = resolve(import.meta.dirname, '../docs/img');
if (page === undefined || name === undefined || !existsSync(page)) {
	throw new Error('usage: node scripts/page-pictures.mjs page.html name [selector]');
}
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
	for (const width of WIDTHS) {
		for (const scheme of SCHEMES) {
			await takePicture(width, scheme);
		}
	}
} finally {
	await browser.close();
}

async function takePicture(width, colorScheme) {
	const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
	await tab.goto(pathToFileURL(resolve(page)).href);
	const shot = await (selector === undefined
		? tab.screenshot({ fullPage: true })
		: tab.locator(selector).first().screenshot());
	const picture = sharp(shot);
	const { width: wide = width, height = 0 } = await picture.metadata();
	const file = resolve(folder, `${name}-${width}-${colorScheme}.png`);
	await picture
		.extract({ left: 0, top: 0, width: wide, height: Math.min(height, MAX_HEIGHT) })
		.png({ palette: true, colours: COLOURS, effort: 10 })
		.toFile(file);
	await tab.close();
}
