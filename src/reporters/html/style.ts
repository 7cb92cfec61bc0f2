/** The look of a report: light and dark, from a phone's width up, and on paper. */
export const STYLE = `
:root {
	color-scheme: light dark;
	--page: #f6f7f9; --card: #fff; --text: #1c2430; --soft: #5d6979; --line: #dde2e9;
	--good: #1a7f4b; --bad: #c62f3b; --warn: #a86400; --calm: #7b8796; --link: #1f5fbf;
	--connect: #8a63d2; --wait: #d9a21b; --receive: #2b82d9; --write: #26a269; --idle: #c3cad4;
}
@media (prefers-color-scheme: dark) {
	:root {
		--page: #12161c; --card: #1b212a; --text: #e6eaf0; --soft: #9aa6b5; --line: #2d3642;
		--good: #4cc38a; --bad: #ff6b74; --warn: #f0b44c; --calm: #8b97a6; --link: #7fb2ff;
		--connect: #b08cff; --wait: #e8b93c; --receive: #5aa9f5; --write: #4cc38a; --idle: #47515e;
	}
}
* { box-sizing: border-box; }
body {
	margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2rem) 3rem; max-width: 72rem;
	font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
	background: var(--page); color: var(--text);
}
h1 { margin: 0 0 0.25rem; font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; }
h2 { margin: 2rem 0 0.75rem; font-size: 1.15rem; }
p { margin: 0.25rem 0; }
a { color: var(--link); }
.command { margin: 0.5rem 0; padding: 0.5rem 0.9rem; font-size: 0.87rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 10px; }
.soft { color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.notice { margin: 0.75rem 0; padding: 0.5rem 0.9rem; border-left: 4px solid var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 0.6rem; margin: 1.1rem 0; }
.tile { padding: 0.6rem 0.8rem; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.share { display: flex; height: 10px; margin: 1rem 0 0; border-radius: 5px; overflow: hidden; background: var(--idle); }
.share span { min-width: 2px; }
.ok, .unchanged, .skipped { background: var(--good); }
.not_found { background: var(--warn); } .error { background: var(--bad); } .cancelled { background: var(--calm); }
details { margin: 0.6rem 0; padding: 0.2rem 0.9rem; }
summary { padding: 0.5rem 0; cursor: pointer; font-weight: 600; }
summary .count { color: var(--bad); font-variant-numeric: tabular-nums; }
.failures { margin: 0 0 0.6rem; padding: 0; list-style: none; }
.failures li { padding: 0.4rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.failures .soft { font-size: 0.87em; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.6rem, 1fr)); gap: 0.5rem; }
figure { margin: 0; padding: 0.45rem; text-align: center; }
figure img { display: block; width: 100%; height: 3.4rem; object-fit: contain; }
figcaption { margin-top: 0.2rem; font-size: 0.75rem; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0 0 0.5rem; font-size: 0.87rem; }
.legend i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.35em; border-radius: 2px; }
.scroll { overflow-x: auto; padding: 0.6rem; }
svg { display: block; min-width: 34rem; width: 100%; height: auto; font: 10px system-ui, sans-serif; }
svg text { fill: var(--soft); } svg .grid { stroke: var(--line); }
.p-idle { fill: var(--idle); background: var(--idle); } .p-connect { fill: var(--connect); background: var(--connect); }
.p-wait { fill: var(--wait); background: var(--wait); } .p-receive { fill: var(--receive); background: var(--receive); }
.p-write { fill: var(--write); background: var(--write); } .p-failed { fill: var(--bad); background: var(--bad); }
table { width: 100%; border-collapse: collapse; font-size: 0.87rem; }
td, th { padding: 0.2rem 0.5rem; text-align: left; border-top: 1px solid var(--line); overflow-wrap: anywhere; vertical-align: top; }
td:nth-child(2) { min-width: 12rem; } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll > button { margin: 0.6rem 0.5rem; }
th button { all: unset; cursor: pointer; font-weight: 600; } th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
.s-ok, .s-unchanged, .s-skipped { color: var(--good); } .s-not_found { color: var(--warn); } .s-error { color: var(--bad); } .s-cancelled { color: var(--soft); }
svg .cut { fill: var(--text); paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
footer { margin-top: 2.5rem; font-size: 0.87rem; }
@media (max-width: 32rem) {
	.gallery { grid-template-columns: repeat(auto-fill, minmax(4.4rem, 1fr)); } figure img { height: 2.6rem; }
	.tiles { grid-template-columns: repeat(auto-fit, minmax(6rem, 1fr)); } .tile b { font-size: 1.15rem; }
}
@media print { body { background: none; max-width: none; } details, figure, tr { break-inside: avoid; } }
`;
