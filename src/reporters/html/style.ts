/** The look of a report: light and dark, from a phone's width up, and on paper. */
export const STYLE = `
:root {
	color-scheme: light dark;
	--page: #f6f7f9; --card: #fff; --text: #1c2430; --soft: #5d6979; --line: #dde2e9;
	--good: #1a7f4b; --bad: #c62f3b; --warn: #a86400; --calm: #7b8796; --link: #1f5fbf;
	--connect: #8a63d2; --wait: #b7820a; --receive: #2b82d9; --write: #26a269; --idle: #8f9aa8;
}
@media screen and (prefers-color-scheme: dark) {
	:root {
		--page: #12161c; --card: #1b212a; --text: #e6eaf0; --soft: #9aa6b5; --line: #2d3642;
		--good: #4cc38a; --bad: #ff6b74; --warn: #f0b44c; --calm: #8b97a6; --link: #7fb2ff;
		--connect: #b08cff; --wait: #e8b93c; --receive: #5aa9f5; --write: #4cc38a; --idle: #6b7786;
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
.good { color: var(--good); } .bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.notice { margin: 0.75rem 0; padding: 0.5rem 0.9rem; border-left: 4px solid var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: 0.6rem; margin: 1.1rem 0; }
.tile { padding: 0.6rem 0.8rem; color: inherit; text-decoration: none; line-height: 1.35; }
a.tile span { text-decoration: underline; text-underline-offset: 0.2em; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.share { display: flex; height: 10px; margin: 1rem 0 0; border-radius: 5px; overflow: hidden; }
.share span { min-width: 2px; }
.share, .legend i, .track i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.b-ok, .b-unchanged, .b-skipped { background: var(--good); }
.b-not_found { background: var(--warn); } .b-error { background: var(--bad); } .b-cancelled { background: var(--calm); }
.s-ok, .s-unchanged, .s-skipped { color: var(--good); }
.s-not_found { color: var(--warn); } .s-error { color: var(--bad); } .s-cancelled { color: var(--soft); }
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
.pad { padding: 0.4rem 0.6rem; }
.files-card { content-visibility: auto; contain-intrinsic-size: auto 5000px; }
.p-idle { background: var(--idle); } .p-connect { background: var(--connect); } .p-wait { background: var(--wait); }
.p-receive { background: var(--receive); } .p-write { background: var(--write); } .p-failed { background: var(--bad); }
table { width: 100%; border-collapse: collapse; font-size: 0.87rem; }
td, th { padding: 0.2rem 0.5rem; text-align: left; font-weight: 400; overflow-wrap: anywhere; vertical-align: top; }
thead th { font-weight: 600; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.files tr + tr > *, .files tbody > tr > * { border-top: 1px solid var(--line); }
.files td:nth-child(2) { white-space: nowrap; } small { color: var(--soft); }
.pad > button { margin: 0.6rem 0.5rem; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
:focus-visible, th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.waterfall { font-size: 0.8rem; line-height: 1.25; }
.waterfall td, .waterfall th { padding: 1px 0.5rem 1px 0; }
.waterfall th:first-child { width: 1%; white-space: nowrap; text-align: right; }
.waterfall .axis { position: relative; height: 2.6em; font-weight: 400; font-style: italic; color: var(--soft); }
.waterfall .axis span { position: absolute; bottom: 0; transform: translateX(-50%); font-style: normal; white-space: nowrap; }
.waterfall .n { width: 1%; padding-right: 0; padding-left: 0.5rem; }
.track { position: relative; background: repeating-linear-gradient(90deg, var(--line) 0 1px, transparent 1px var(--step)); }
.track i { position: absolute; top: 3px; bottom: 3px; min-width: 1px; } .track .p-idle { top: 50%; bottom: auto; height: 2px; }
.track.cut::after { content: "→"; position: absolute; right: 0; background: var(--card); padding-left: 2px; }
footer { margin-top: 2.5rem; font-size: 0.87rem; }
@media (max-width: 32rem) {
	.gallery { grid-template-columns: repeat(auto-fill, minmax(4.4rem, 1fr)); } figure img { height: 2.6rem; }
	.tiles { grid-template-columns: repeat(auto-fit, minmax(6rem, 1fr)); } .tile b { font-size: 1.15rem; }
	.files, .files thead, .files tbody, .waterfall:not(.short), .waterfall:not(.short) :is(thead, tbody) { display: block; }
	.files tr { display: grid; grid-template-columns: 5fr 3fr 3fr 3fr; padding: 0.35rem 0; border-top: 1px solid var(--line); }
	.files tr > * { padding: 0; border: 0 !important; } .files th:first-child { grid-column: 1 / -1; }
	.waterfall:not(.short) tr { display: grid; grid-template-columns: 1fr auto; } .waterfall:not(.short) :is(td, th) { padding: 0; }
	.waterfall:not(.short) th:first-child, .waterfall .n { width: auto; text-align: left; white-space: normal; }
	.waterfall:not(.short) :is(.track, .axis) { grid-area: 2 / 1 / 3 / 3; min-height: 1.1em; margin-bottom: 0.35rem; }
	.waterfall .axis .edge { transform: translateX(-100%); }
}
@page { margin: 14mm; }
@media print {
	:root { font-size: 11px; } body { background: none; max-width: none; padding: 0; font-size: 1rem; } .tools, .pad > button { display: none; }
	details:not([open]) { display: none; } figure, tr, thead, .tile { break-inside: avoid; } h2, summary, .legend { break-after: avoid; }
	.files-card { content-visibility: visible; }
}
`;
