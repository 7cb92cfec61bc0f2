// `node:assert` for undici in the bundles. Node's own quotes the source of what has failed: in a bundle
// that is a line of 200 kB, which Node 20 parses again and again, for half a minute.
module.exports = function assert(value, message = 'undici met what it holds for impossible') {
	if (!value) {
		throw Object.assign(message instanceof Error ? message : new Error(message), {
			code: 'ERR_ASSERTION',
		});
	}
};
