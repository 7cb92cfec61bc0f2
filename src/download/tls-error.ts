/**
 * Says what is wrong with TLS, or with a certificate.
 *
 * @param code - OpenSSL's name of a failed verification, or Node's of an error of the protocol.
 * @returns `undefined` where it is neither.
 */
export function describeTls(
	code: string,
	error: Error,
	{ host, hostname }: { readonly host: string; readonly hostname: string },
): string | undefined {
	switch (code) {
		case 'CERT_HAS_EXPIRED':
			return `the certificate of ${host} has expired`;
		case 'CERT_NOT_YET_VALID':
			return `the certificate of ${host} is not valid yet, or the clock of this machine is slow`;
		case 'ERR_TLS_CERT_ALTNAME_INVALID':
			return `the certificate is not one for ${hostname}`;
		case 'DEPTH_ZERO_SELF_SIGNED_CERT':
			return `the certificate of ${host} is self-signed`;
		case 'SELF_SIGNED_CERT_IN_CHAIN':
		case 'UNABLE_TO_GET_ISSUER_CERT':
		case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
			return `the certificate of ${host} is from an authority that is not trusted`;
		case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
			return `the certificate of ${host} is from an authority that is not trusted, or came without those in between`;
		case 'ERR_SSL_WRONG_VERSION_NUMBER':
			return `${host} does not speak TLS`;
	}
	return code.startsWith('ERR_SSL_') ? `no TLS with ${host}: ${reasonOf(error)}` : undefined;
}

/** OpenSSL's own words, without its numbers: `tlsv1 alert protocol version`. */
function reasonOf(error: Error): string {
	return 'reason' in error && typeof error.reason === 'string'
		? error.reason
		: error.message.trim();
}
