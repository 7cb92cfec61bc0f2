/** What the server sends for each path: a thousand bytes. */
export const GIF = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(1000, 7), Buffer.from(';')]);
