import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { InvalidArgumentError } from 'commander';

const FORM = /^\+?(\*|[^:[\]]+):(\d{1,5}):(.+)$/;
const PORT_MAX = 65_535;

/**
 * Reads `host:port:address`, curl's form: several addresses have commas between them, those of IPv6 may
 * have brackets, and `*` is every host. Adds it to those before; the last of one host and port holds.
 *
 * @returns Addresses by `host:port`.
 * @throws {InvalidArgumentError}
 */
export function parseResolve(
	text: string,
	others: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
	const [, given = '', port = '', list = ''] = FORM.exec(text) ?? [];
	const host = given === '*' ? given : domainToASCII(given.replace(/\.$/, ''));
	const addresses = list.split(',').map((address) => address.replace(/^\[(.*)\]$/, '$1'));
	const isRight =
		host !== '' &&
		isIP(host) === 0 &&
		Number(port) >= 1 &&
		Number(port) <= PORT_MAX &&
		addresses.every((address) => isIP(address) !== 0 && !address.includes('%'));
	if (!isRight) {
		throw new InvalidArgumentError(
			'host:port:address, such as example.org:443:127.0.0.1 or example.org:443:[::1] (* is every host)',
		);
	}
	return { ...others, [`${host}:${Number(port)}`]: addresses.join() };
}
