/** Options of curl, wget2 and aria2 that `flagdl get` lacks, by what it does or offers instead. */
export const FOREIGN: Readonly<Record<string, string>> = {
	'redirects are always followed': '-L --location',
	'at most 20 redirects are followed': '--max-redirs --max-redirect',
	'a response of 400 or above is always a failure': '-f --fail --fail-with-body',
	'a file is named by its URL; -o gives it another name': '-O --remote-name --remote-name-all',
	'-q prints nothing but failures': '-S --silent --show-error --no-verbose',
	'the same command goes on where it stopped': '-C --continue --continue-at',
	'the directory is -d, and is created': '-P --directory-prefix --dir --create-dirs',
	'requests in flight at once are -c':
		'-Z -j --parallel --parallel-max --max-threads --max-concurrent-downloads --split',
	'an existing file is skipped; see --if-exists. Logins are read with --netrc': '-n',
	'an existing file is skipped; see --if-exists': '--no-clobber',
	'changed files are fetched with --if-exists update':
		'-N --timestamping --time-cond --conditional-get --etag-compare',
	'existing files are replaced with --if-exists overwrite': '--allow-overwrite --clobber',
	'the time of the server is kept with --remote-time': '-R',
	'retries are --retry': '-t --tries --max-tries',
	'waits between retries grow, and Retry-After is followed': '--retry-delay --retry-wait',
	'all transient failures are retried': '--retry-all-errors --retry-connrefused',
	'time limits are --max-time, --stall-time and --deadline': '-T --timeout --read-timeout',
	'the user agent is -A': '-U',
	'logins are -u': '--http-user --http-passwd --password',
	"cookies are read from a file with --cookies, or given with -H 'Cookie: a=b'":
		'-b --cookie --load-cookies',
	'options are read from JSON with --config': '-K --conf-path',
	'only GET requests are sent': '-X -F -I --request --data --form --head --post-data',
	'what would be downloaded is printed with --dry-run': '--spider',
	'results are --json and --report': '-w --write-out --stats-site',
	'requests per second are --rate': '--wait',
	'bytes per second cannot be limited; requests are, with --rate':
		'--limit-rate --max-download-limit',
	'proxies are -x, and no_proxy in the environment':
		'--noproxy --no-proxy --all-proxy --http-proxy --https-proxy --socks5',
	'certificates are --cacert, --cert and --key': '--ca-certificate --certificate --private-key',
	'certificates are not checked with -k': '--no-check-certificate --check-certificate',
	'a list is -i': '--input-file',
	'the file is -o': '--output-document --out',
	'a URL is given without an option': '--url',
	'names from the server are -J': '--content-disposition --trust-server-names',
	'checksums are --checksums, or in the list': '--checksum',
	'HTTP/1.1 is used': '--http2 --http1.1 --http3',
};

/** By name: what `flagdl get` does or offers instead. */
export const INSTEAD: ReadonlyMap<string, string> = new Map(
	Object.entries(FOREIGN).flatMap(([instead, names]) =>
		names.split(' ').map((name) => [name, instead] as const),
	),
);
