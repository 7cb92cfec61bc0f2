import type { Outcome } from '../../download/outcome.ts';
import { withoutSignature } from '../../util/secrets.ts';
import { escapeXml } from '../../util/text.ts';
import { formatBytes, formatCount, formatDuration } from '../../util/units.ts';

/** More rows make the page slow; CSV and NDJSON reports have all. */
const MAX_ROWS = 5000;

export const STATUS_WORDS: Readonly<Record<Outcome['status'], string>> = {
	ok: 'saved',
	unchanged: 'unchanged',
	skipped: 'already there',
	not_found: 'not found',
	error: 'failed',
	cancelled: 'cancelled',
};

interface Row {
	readonly name: string;
	readonly status: Outcome['status'];
	readonly bytes: number;
	readonly ms: number;
	readonly tries: number;
	readonly code: string | undefined;
	readonly index: number;
}

/** Collects the rows of the table, failures with priority. */
export class FileRows {
	readonly #failed: Row[] = [];
	readonly #others: Row[] = [];
	#count = 0;

	add({ target, status, bytes, startMs, endMs, requests, failure }: Outcome): void {
		this.#count += 1;
		const rows = failure === undefined ? this.#others : this.#failed;
		if (rows.length < MAX_ROWS) {
			const { id, index } = target;
			const ms = endMs - startMs;
			rows.push({ name: id, status, bytes, ms, tries: requests, code: failure?.code, index });
		}
	}

	/** Failures first, then in input order; omitted rows are counted. */
	*html(): Generator<string, void, undefined> {
		if (this.#count === 0) {
			return;
		}
		const rows = [...this.#failed.sort(byIndex), ...this.#others.sort(byIndex)].slice(0, MAX_ROWS);
		const left = this.#count - rows.length;
		const heads = ['name', 'status', 'size', 'time', 'requests'].map(
			(head, index) => `<th scope="col"${index > 1 ? ' class="n"' : ''}>${head}</th>`,
		);
		yield `<h2 id="files">Files</h2>
<p class="tools" hidden><label>Filter <input id="filter" type="search" placeholder="part of a name or status"></label> <span id="shown" class="soft" role="status"></span></p>
<div class="card pad files-card"><table class="files">
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
`;
		for (const row of rows) {
			yield rowHtml(row);
		}
		yield '</tbody></table></div>\n';
		if (left > 0) {
			yield `<p class="soft">${formatCount(left)} more files are in reports of CSV, JSON and NDJSON only.</p>\n`;
		}
	}
}

function byIndex(one: Row, other: Row): number {
	return one.index - other.index;
}

function rowHtml({ name, status, bytes, ms, tries, code }: Row): string {
	const why =
		code === undefined || status === 'cancelled' ? '' : ` <small>${escapeXml(code)}</small>`;
	const size = bytes > 0 ? formatBytes(bytes) : '';
	return `<tr><th scope="row">${escapeXml(withoutSignature(name))}</th><td class="s-${status}">${STATUS_WORDS[status]}${why}</td><td class="n" data-v="${bytes}">${size}</td><td class="n" data-v="${Math.round(ms)}">${formatDuration(ms)}</td><td class="n" data-v="${tries}">${tries}</td></tr>\n`;
}

/**
 * Sorts on a click on a heading, and filters. Lays out only the first 200 rows until all are requested, since
 * thousands take seconds. Without the script the table is complete.
 */
export const TABLE_SCRIPT = `
const table = document.querySelector('.files');
if (table) {
	const body = table.tBodies[0], rows = [...body.rows], input = document.getElementById('filter');
	const texts = new Map(rows.map((row) => [row, (row.cells[0].textContent + ' ' + row.cells[1].textContent).toLowerCase()]));
	const key = (row, i) => { const cell = row.cells[i]; return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v); };
	const all = document.createElement('button');
	let sorted = rows, most = 200;
	const draw = () => {
		const wanted = input.value.toLowerCase(), found = sorted.filter((row) => texts.get(row).includes(wanted));
		body.replaceChildren(...found.slice(0, most));
		document.getElementById('shown').textContent = wanted === '' ? '' : found.length + ' of ' + rows.length;
		all.textContent = 'Show all ' + found.length; all.hidden = found.length <= most;
	};
	table.parentElement.append(all);
	all.addEventListener('click', () => { most = Infinity; draw(); });
	addEventListener('beforeprint', () => { most = Infinity; draw(); });
	input.closest('p').hidden = false;
	input.addEventListener('input', draw);
	draw();
	[...table.tHead.rows[0].cells].forEach((head, i) => {
		const button = document.createElement('button'); button.textContent = head.textContent; head.replaceChildren(button);
		button.addEventListener('click', () => {
			const down = head.getAttribute('aria-sort') === 'ascending';
			for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
			head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
			const keyed = rows.map((row) => [key(row, i), row]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
			sorted = keyed.map(([, row]) => row);
			draw();
		});
	});
}
`;
