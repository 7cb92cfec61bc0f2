// Responds to every path with a small GIF after a fixed latency. Prints its URL.
//
// GET /counted returns the number of requests since the last time.
import { createServer } from 'node:http';
import { GIF } from './gif.mjs';

const latencyMs = Number(process.argv[2]);
const headers = { 'content-type': 'image/gif', 'content-length': GIF.length };
let requests = 0;

const server = createServer(({ url }, response) => {
	if (url === '/counted') {
		response.end(String(requests));
		requests = 0;
		return;
	}
	requests += 1;
	setTimeout(() => response.writeHead(200, headers).end(GIF), latencyMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
	console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
