/** Part of the page's script: the keys that move the focus between the field and the flags. */
export const BROWSE_KEYS: string = `
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
