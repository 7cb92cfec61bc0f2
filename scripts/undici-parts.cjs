// What the command line uses of undici. Internal paths, resolved when the bundle is made.
exports.buildConnector = require('undici/lib/core/connect.js');
exports.Client = require('undici/lib/dispatcher/client.js');
exports.Pool = require('undici/lib/dispatcher/pool.js');

// The index gives every dispatcher its methods.
Object.assign(require('undici/lib/dispatcher/dispatcher.js').prototype, {
	connect: require('undici/lib/api/api-connect.js'),
	request: require('undici/lib/api/api-request.js'),
});
