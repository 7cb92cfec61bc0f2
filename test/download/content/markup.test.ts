import { expect, it } from 'vitest';
import { beginsAsSvg, isHtmlPage, SvgStructure } from '../../../src/download/content/markup.ts';

const utf16 = (text: string) => Buffer.from(text, 'utf16le');

it.each<[content: string | Buffer, mediaType: string | undefined, isPage: boolean]>([
	// Markup by its root element, whatever its content type.
	['<html>', undefined, true],
	['<html>', 'image/svg+xml', true],
	['<p>404</p>', 'image/gif', true],
	['\n <!DOCTYPE html><body>', undefined, true],
	['<?xml version="1.0"?><!-- a --><error/>', 'image/svg+xml', true],
	['<svg>', 'text/html', false],
	['<s:svg>', 'text/html', false],
	['<svg-x>', undefined, true],
	// Before the root element.
	[' <!-- a <b> --><?pi <c> ?>\n<svg>', 'text/html', false],
	['<!DOCTYPE svg PUBLIC "a>" \'b>\'><svg>', 'text/html', false],
	['<!DOCTYPE svg [<!ENTITY a "]>"><!ENTITY b \']>\'>%c;] ><svg>', 'text/html', false],
	['<!DOCTYPE svg [<!-- it\'s "so ]> --><!ENTITY a "<p>">]><svg>', 'text/html', false],
	["<!DOCTYPE svg [<!-- it's ]><p>", 'image/svg+xml', false],
	// No root element so far.
	['<?xml version="1.0"?>', undefined, true],
	['  <?xml version="1.0"?>', undefined, true],
	['abc<!-- d', undefined, false],
	['<1>', undefined, false],
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
	// Bytes that resemble a byte order mark.
	[Buffer.concat([Buffer.of(0xff, 0x41), Buffer.from('<html>')]), undefined, true],
	[Buffer.concat([Buffer.of(0xfe, 0x41), Buffer.from('<html>')]), undefined, true],
	[Buffer.concat([Buffer.of(0x41, 0xff), Buffer.from('<html>')]), undefined, true],
	[Buffer.concat([Buffer.of(0x41, 0xfe), Buffer.from('<html>')]), undefined, true],
	[utf16('<html>').swap16(), undefined, true],
	['a\0<html>', 'text/html', false],
	['\0a<html>', 'text/html', false],
	['a<html>', undefined, true],
	[Buffer.from('<sv\ufeffg>'), undefined, true],
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
	['<!-- <html>', false, true],
	['<>', false, false],
])('%j (all of it: %s) begins as SVG: %s', (content, isWhole, isSvg) => {
	expect(beginsAsSvg(Buffer.from(content), isWhole)).toBe(isSvg);
});

const odd = Buffer.of(0x41);

it.each<[content: string | Buffer, extent: SvgStructure['extent']]>([
	['<svg></svg>', 'whole'],
	['<ab:svg></ab:svg\n>', 'whole'],
	['<svg><g></svg', 'inside'],
	['<svg><svg></svg><g></svg>\n', 'whole'],
	['<svg><svg></svg><g>', 'inside'],
	['<svg><svg></svg></g>', 'inside'],
	['', 'inside'],
	// After the root element.
	['<svg></svg> text', 'whole'],
	['<svg></svg><!-- <a> --><?pi <b> ?><!-- <c> -->', 'whole'],
	['<svg></svg><!-- <a> --><g> -->', 'inside'],
	[`<svg></svg><!-- ${'<a>'.repeat(2000)} -->`, 'unknown'],
	[`<svg><!-- ${'<a>'.repeat(2000)} --><g>`, 'inside'],
	// Only the root element.
	['<svg/>', 'whole'],
	['<svg/><!-- <a> -->\n', 'whole'],
	['<ab:svg cd="ef/>" gh=\'ij/>\' />', 'whole'],
	['<svg><g/>', 'inside'],
	['<svg/><g>', 'inside'],
	['<svgs/>', 'inside'],
	// UTF-16, also with half a character, longer than the inspected part.
	[utf16('<svg></svg>'), 'whole'],
	[utf16('\ufeff<svg></svg>').swap16(), 'whole'],
	[Buffer.concat([utf16('<svg></svg>'), odd]), 'whole'],
	[Buffer.concat([utf16(`<svg>${'a'.repeat(4000)}</svg>`), odd]), 'whole'],
	[utf16(`<svg>${'a'.repeat(4000)}</svg>`).swap16(), 'whole'],
])('%#: an SVG is followed to its end, or not, however it is cut into chunks', (text, extent) => {
	const content = Buffer.from(text as string);
	for (const size of [1000, 10_000]) {
		const structure = new SvgStructure();
		for (let start = 0; start < content.length; start += size) {
			structure.update(content.subarray(start, start + size));
		}
		expect(structure.extent).toBe(extent);
	}
});
