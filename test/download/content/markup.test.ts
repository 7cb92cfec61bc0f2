import { expect, it } from 'vitest';
import { beginsAsSvg, isHtmlPage } from '../../../src/download/content/markup.ts';

const utf16 = (text: string) => Buffer.from(text, 'utf16le');

it.each<[content: string | Buffer, mediaType: string | undefined, isPage: boolean]>([
	// Markup by its root element, whatever it is called.
	['<html>', undefined, true],
	['<html>', 'image/svg+xml', true],
	['<p>404</p>', 'image/gif', true],
	['\n <!DOCTYPE html><body>', undefined, true],
	['<?xml version="1.0"?><!-- a --><error/>', 'image/svg+xml', true],
	['<svg>', 'text/html', false],
	['<s:svg>', 'text/html', false],
	['<svg-x>', undefined, true],
	// What has no root element so far.
	['<?xml version="1.0"?>', undefined, true],
	['<!-- <svg> -->', 'image/png', true],
	['  <?xml version="1.0"?><!-- ', 'image/svg+xml', false],
	// Text.
	['no markup', undefined, false],
	['no markup', 'text/plain', false],
	['no markup', 'text/html', true],
	['no markup', 'application/xhtml+xml', true],
	['sorry <!doctype HTML>', undefined, true],
	['sorry <html lang="en">', undefined, true],
	['sorry <htmlx>', undefined, false],
	['sorry \t\n\f\r <html>', undefined, true],
	// An image has control characters.
	['GIF89a\x01\0<html>', 'text/html', false],
	['\x89PNG\r\n\x1a\n<html>', undefined, false],
	// UTF-16, with and without a byte order mark, and with half a character.
	[utf16('<html>'), undefined, true],
	[utf16('\ufeff<html>'), undefined, true],
	[utf16('\ufeff<svg>'), 'text/html', false],
	[utf16('\ufeff<html>').swap16(), undefined, true],
	[utf16('<svg>').swap16(), 'text/html', false],
	[Buffer.concat([utf16('<html>'), Buffer.of(0x41)]), undefined, true],
	[Buffer.concat([utf16('\ufeff<html>').swap16(), Buffer.of(0x41)]), undefined, true],
	// Bytes that are like a byte order mark are none.
	[Buffer.concat([Buffer.of(0xff, 0x41), Buffer.from('<html>')]), undefined, true],
	[Buffer.concat([Buffer.of(0xfe, 0x41), Buffer.from('<html>')]), undefined, true],
	[Buffer.concat([Buffer.of(0x41, 0xff), Buffer.from('<html>')]), undefined, true],
	[Buffer.concat([Buffer.of(0x41, 0xfe), Buffer.from('<html>')]), undefined, true],
	['', 'text/html', true],
	['', undefined, false],
])('%j of type %s is a page: %s', (content, mediaType, isPage) => {
	expect(isHtmlPage(Buffer.from(content as string, 'latin1'), mediaType)).toBe(isPage);
});

it.each<[content: string, isWhole: boolean, isSvg: boolean]>([
	['<svg', false, true],
	['<SVG xmlns="s">', true, true],
	['<html>', false, false],
	['<!-- a', false, true],
	['<!-- a', true, false],
	['<?xml version="1.0"?>\n', false, true],
	['a <!-- b', false, false],
	['a <svg>', false, false],
	['<!-- <html> -->', false, true],
	['<!-- a --><!DOCTYPE html', false, false],
	['<>', false, false],
])('%j (all of it: %s) begins as SVG: %s', (content, isWhole, isSvg) => {
	expect(beginsAsSvg(Buffer.from(content), isWhole)).toBe(isSvg);
});
