import type { Measured, Run } from '../results.ts';
import { htmlTable } from './html.ts';

/** A page with more is one that nobody scrolls. */
const MOST = 250;

/** The requests of a run: the table behind its waterfall. */
export function requestTable({ attempts }: Run, { work }: Measured): string {
	const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1));
	const shown = attempts.slice(0, MOST);
	const left = attempts.length - shown.length;
	return `<p class="soft">Milliseconds since the first request${left > 0 ? `; ${left} more are in the JSON` : ''}.</p>${htmlTable(
		[
			{ head: 'file', align: 'left', text: ({ file }) => work.files[file]?.id ?? '' },
			{ head: 'request', text: ({ number }) => String(number) },
			{ head: 'slot', text: ({ startMs }) => ms(startMs) },
			{ head: 'connected', text: ({ connectedMs }) => ms(connectedMs) },
			{ head: 'headers', text: ({ headersMs }) => ms(headersMs) },
			{ head: 'body', text: ({ bodyMs }) => ms(bodyMs) },
			{ head: 'written', text: ({ writtenMs }) => ms(writtenMs) },
			{ head: 'end', text: ({ endMs }) => ms(endMs) },
			{ head: 'served in', text: ({ servedMs }) => ms(servedMs) },
			{ head: 'status', text: ({ status }) => String(status ?? '') },
			{ head: 'failure', align: 'left', text: ({ code }) => code ?? '' },
			{ head: 'rule', align: 'left', text: ({ rule }) => rule ?? '' },
		],
		shown,
	)}`;
}
