/** The server's content for each path: a thousand bytes. */
export const GIF = Buffer.concat([
	Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
	Buffer.alloc(1000, 7),
]);
