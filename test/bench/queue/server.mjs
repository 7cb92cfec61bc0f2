// Answers every path with a small GIF after a fixed latency. Prints its URL.
import { createServer } from 'node:http';

const latencyMs = Number(process.argv[2]);
const content = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(1000, 7), Buffer.from(';')]);
const headers = { 'content-type': 'image/gif', 'content-length': content.length };

const server = createServer((_request, response) => {
	setTimeout(() => response.writeHead(200, headers).end(content), latencyMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
	console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
