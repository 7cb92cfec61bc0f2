import { type LegendItem, legendList } from './figure.ts';

const box = (name: string) => `<path class="${name}" d="M0 0h24v12h-24z"/>`;

const ITEMS: Readonly<Record<string, LegendItem>> = {
	waiting: { mark: box('waiting'), label: 'waiting for a slot' },
	connecting: { mark: box('connecting'), label: 'connecting' },
	first: { mark: box('first'), label: 'waiting for the first byte' },
	served: { mark: box('first') + box('served'), label: 'of that, served by the server' },
	body: { mark: box('body'), label: 'body' },
	writing: { mark: box('writing'), label: 'writing' },
	off: { mark: '<path class="off" d="M0 6H24"/>', label: 'backing off' },
	failed: { mark: box('failed'), label: 'failed' },
};

export function phaseLegend(names: readonly string[]): string {
	return legendList(names.flatMap((name) => ITEMS[name] ?? []));
}
