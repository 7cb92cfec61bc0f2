/** Part of the page's script: the keys that move the focus between the field and the flags. */
const BROWSE_KEYS = `
function moveFocus(event) {
	if (event.ctrlKey || event.metaKey || event.altKey) return;

	const from = document.activeElement;
	if (from === field) {
		if (event.key === 'ArrowDown' && cards().length > 0) go(cards()[0]);
		return;
	}
	if (event.key === '/') return go(field);

	const all = cards();
	const place = all.indexOf(from);
	if (place === -1) return;

	const columns = getComputedStyle(flags).gridTemplateColumns.split(' ').length;
	const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
	if (event.key === 'Home') return go(all[0]);
	if (event.key === 'End') return go(all.at(-1));
	if (!(event.key in steps)) return;

	const target = place + steps[event.key];
	if (target < 0) return go(event.key === 'ArrowUp' ? field : all[0]);
	go(all[Math.min(target, all.length - 1)]);

	function go(target) {
		event.preventDefault();
		target.focus();
	}
}

document.addEventListener('keydown', moveFocus);
`;

/**
 * The script of the page. It puts text in as text nodes only, never as markup, and finds further
 * pages by the `Link` header alone.
 */
export const BROWSE_SCRIPT: string = String.raw`
const field = document.getElementById('q');
const status = document.getElementById('status');
const flags = document.getElementById('flags');
const more = document.getElementById('more');
const api = document.getElementById('api');

const PER_PAGE = 30;
const TYPING_PAUSE_MS = 120;

let search = new AbortController();
let nextUrl = null;
let loading = false;
let typing;

const cards = () => [...flags.querySelectorAll('a')];

function startSearch() {
	clearTimeout(typing);
	const query = field.value.trim();
	const parameters = new URLSearchParams({ q: query });

	history.replaceState(null, '', query === '' ? '/' : '/?' + parameters);
	api.href = query === '' ? '/countries' : '/countries?' + parameters;
	api.textContent = decodeURI(api.getAttribute('href').replaceAll('+', ' '));

	search.abort();
	search = new AbortController();
	loading = false;
	parameters.set('per_page', PER_PAGE);
	nextUrl = new URL('/countries?' + parameters, location.href);
	loadPage({ fresh: true, query });
}

async function loadPage({ fresh = false, query = field.value.trim() } = {}) {
	if (loading || nextUrl === null) return;
	loading = true;
	const { signal } = search;

	try {
		const response = await fetch(nextUrl, { signal, headers: { accept: 'application/json' } });
		const page = await response.json();
		if (signal.aborted) return;
		if (!response.ok) throw new Error(page.detail ?? 'status ' + response.status);

		const hadFocus = document.activeElement === more;
		const added = page.countries.map(card);
		if (fresh) {
			flags.replaceChildren(...added);
			scrollTo(0, 0);
		} else {
			flags.append(...added);
		}
		nextUrl = linkedAs('next', response);
		more.hidden = nextUrl === null;
		more.textContent = 'Show more';
		status.textContent = summary(page.total, query);
		if (hadFocus && more.hidden) added[0]?.firstChild.focus();
	} catch (error) {
		if (signal.aborted) return;
		if (fresh) flags.replaceChildren();
		status.textContent = 'The search failed: ' + error.message;
		more.hidden = false;
		more.textContent = 'Try again';
		loading = false;
		return;
	}

	loading = false;
	// An observer reports changes only; anew, it reports at once whether there is still room.
	watcher.unobserve(more);
	if (nextUrl !== null) watcher.observe(more);
}

function linkedAs(relation, response) {
	for (const [, target, parameters] of (response.headers.get('link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
		if (new RegExp(';\\s*rel="?' + relation + '"?\\s*(?:[;,]|$)', 'i').test(parameters)) {
			return new URL(target, response.url);
		}
	}
	return null;
}

function summary(total, query) {
	const what = total === 1 ? '1 country' : total === 0 ? 'No country' : total + ' countries';
	return query === '' ? what : what + (total > 1 ? ' match “' : ' matches “') + query + '”';
}

function card({ country, iso_cc, capital, flag }) {
	const image = element('img', '', '');
	image.width = 320;
	image.height = 240;
	image.alt = '';
	image.loading = 'lazy';
	image.decoding = 'async';

	const frame = element('span', 'flag', '');
	frame.dataset.code = iso_cc;
	frame.append(image);
	image.addEventListener('error', () => {
		image.remove();
		frame.classList.add('missing');
	});
	image.src = flag;

	const link = element('a', '', '');
	link.href = flag;
	link.append(
		frame,
		element('span', 'name', country),
		element('span', 'facts', capital === null ? iso_cc : iso_cc + ' · ' + capital),
	);

	const item = element('li', '', '');
	item.append(link);
	return item;
}

function element(name, className, text) {
	const made = document.createElement(name);
	if (className !== '') made.className = className;
	made.textContent = text;
	return made;
}

const watcher = new IntersectionObserver(
	(entries) => {
		if (entries.some((entry) => entry.isIntersecting)) loadPage();
	},
	{ rootMargin: '600px' },
);

field.addEventListener('input', () => {
	clearTimeout(typing);
	typing = setTimeout(startSearch, TYPING_PAUSE_MS);
});
field.form.addEventListener('submit', (event) => {
	event.preventDefault();
	startSearch();
});
more.addEventListener('click', () => loadPage());

field.value = new URLSearchParams(location.search).get('q') ?? '';
startSearch();
${BROWSE_KEYS}`;
