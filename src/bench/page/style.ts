import { LOCAL_STRATEGY_NAMES } from '../../strategies/names.ts';

/** The colour of a name, the same in every figure, as the number of a class. */
export type Colours = (name: string) => number;

/** Colours for the light and the dark background, in order of assignment. */
const PALETTE: readonly (readonly [string, string])[] = [
	['#5c6b80', '#9fb0c6'],
	['#d9480f', '#ff9a4d'],
	['#1971c2', '#5cb3ff'],
	['#2b8a3e', '#5fd07a'],
	['#9c36b5', '#dc8bf0'],
	['#8f6a00', '#f0c445'],
	['#0b7285', '#4fd0e0'],
	['#c2255c', '#ff8fb3'],
];

/** Strategies have the same colour on every page; other names get the next one. */
export function coloursOf(names: Iterable<string>): Colours {
	const all = [...new Set([...LOCAL_STRATEGY_NAMES, ...names])];
	return (name) => Math.max(0, all.indexOf(name)) % PALETTE.length;
}

/** Every second colour is dashed and drawn last, so that no line hides another. */
export function dashedLast<T>(items: readonly T[], colourOf: (item: T) => number): readonly T[] {
	const isDashed = (item: T) => colourOf(item) % 2 === 1;
	return [...items.filter((item) => !isDashed(item)), ...items.filter(isDashed)];
}

const PHASES: Readonly<Record<string, readonly [string, string]>> = {
	waiting: ['#dfe4ea', '#3a4250'],
	connecting: ['#f0a92b', '#d99a26'],
	first: ['#7fb0e6', '#4f86c4'],
	hatch: ['#2a6bb5', '#a9d0ff'],
	body: ['#2f9e6e', '#43b889'],
	writing: ['#8e67cf', '#a98be0'],
	failed: ['#d6336c', '#ff6b8f'],
	off: ['#b08400', '#e3b93f'],
	ideal: ['#111820', '#f1f4f8'],
};

/** CSS variables for the light or the dark background. */
function variables(side: 0 | 1): string {
	const own = PALETTE.map((pair, at) => `--c${at}:${pair[side]}`);
	const phases = Object.entries(PHASES).map(([name, pair]) => `--${name}:${pair[side]}`);
	return [...own, ...phases].join(';');
}

const LIGHT = `color-scheme:light;--ground:#fff;--card:#f7f8fa;--text:#16202c;--soft:#55606e;--rule:#dde2e8;--good:#1f7a34;${variables(0)}`;
const DARK = `color-scheme:dark;--ground:#12161c;--card:#1a2028;--text:#e8ecf1;--soft:#a2adba;--rule:#2d3540;--good:#5fd07a;${variables(1)}`;

const colours = PALETTE.map(
	(_, at) =>
		`.s${at}{stroke:var(--c${at})}${at % 2 === 1 ? `.line.s${at}{stroke-dasharray:7 4}` : ''}.f${at}{fill:var(--c${at})}`,
).join('');

export const STYLE: string = `
:root{${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:80rem;background:var(--ground);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
.eyebrow{margin:0;font-weight:600;color:var(--soft)}
h1{margin:.6rem 0 .6rem;font-size:1.65rem;line-height:1.3;font-weight:650;letter-spacing:-.01em;max-width:60rem}
h1 code{font-size:1.5rem;color:var(--good)}
h1 span{font-size:1.1rem;font-weight:400;letter-spacing:0;color:var(--soft)}
h2{margin:3.25rem 0 .25rem;font-size:1.3rem;line-height:1.3}
h3{margin:0 0 .25rem;font-size:.95rem;font-weight:600}
p{margin:.35rem 0;max-width:46rem}
.soft,figcaption{color:var(--soft)}
.verdict{margin:1.1rem 0 1.4rem;padding:0;list-style:none;max-width:60rem}
.verdict li{margin:.3rem 0;font-size:1.05rem}
.thresholds{margin:.75rem 0;padding:0;list-style:none}.thresholds li{margin:.35rem 0}.thresholds small{color:var(--soft)}
.pass b{color:var(--good)}.fail b,.failure b{color:var(--failed)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:1.2rem 0 0;font-size:.92rem}
a{color:inherit;text-underline-offset:.2em}
.remarks{margin:.75rem 0;padding-left:1.1rem;color:var(--soft);font-size:.92rem}
figure{margin:1rem 0 0}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22.5rem),1fr));gap:1.25rem}
@media (min-width:52rem){.p2{grid-template-columns:1fr 1fr}.p1{grid-template-columns:minmax(0,44rem)}}
.wide{margin:.6rem 0}
.panel{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;padding:.8rem .8rem .5rem;break-inside:avoid;min-width:0}
.panel p{font-size:.85rem;margin:0 0 .3rem;color:var(--soft)}
.plot{position:relative}
.plot svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
.plot path{vector-effect:non-scaling-stroke}
.plot span{position:absolute;transform:translate(-50%,-50%);font-size:.72rem;line-height:1;color:var(--soft);white-space:nowrap;font-variant-numeric:tabular-nums}
.plot .start{transform:translate(0,-50%)}
.plot .value{padding-left:.4rem}
.plot .end{transform:translate(-100%,-50%);padding-right:.4rem}
.plot .axis{padding:0;font-style:italic}
.plot .name{font-weight:600;color:var(--text)}
.plot .ring{width:14px;height:14px;border:1.5px solid var(--failed);border-radius:50%}
.plot .cross{color:var(--failed);font-size:1.1rem;font-weight:700}
.grid{stroke:var(--rule);stroke-width:1;fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.ideal{fill:none;stroke:var(--ideal);stroke-width:1.6;stroke-dasharray:1 4;stroke-linecap:round;opacity:.8}
.whisker{stroke-width:1.6;fill:none}
.interval{stroke-width:6;stroke-linecap:round;fill:none;opacity:.4}
.dot{fill:none;stroke-width:8;stroke-linecap:round}
.dot.small{stroke-width:5}
.bar{opacity:.4}
.outline{fill:none;stroke:var(--failed);stroke-width:1.6}
.waiting{fill:var(--waiting)}.connecting{fill:var(--connecting)}.first{fill:var(--first)}.body{fill:var(--body)}
.writing{fill:var(--writing)}.failed{fill:var(--failed)}.served{fill:url(#hatch)}
.off{fill:none;stroke:var(--off);stroke-width:1.4;stroke-dasharray:2 2}
.edge{fill:none;stroke:var(--card);stroke-width:1}
.lane{fill:var(--waiting);opacity:.45}
.hatch{stroke:var(--hatch);stroke-width:1.3}
${colours}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.6rem 0 .7rem;padding:0;list-style:none;font-size:.88rem}
.legend svg{display:inline-block;width:1.5rem;height:.8rem;margin-right:.4rem;vertical-align:-.05rem}
details{margin:.7rem 0}
section>details>summary{color:var(--text)}
summary{cursor:pointer;color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto;margin:.6rem 0}
table{border-collapse:separate;border-spacing:0;font-size:.9rem;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{padding:.32rem .7rem .32rem 0;text-align:right;border-bottom:1px solid var(--rule)}
th small{display:block;min-width:4.2rem;font-weight:400;font-size:.72rem;line-height:1.25}
th{white-space:normal;max-width:7rem;font-weight:600;color:var(--soft);vertical-align:bottom}
th:first-child,td:first-child{position:sticky;left:0;background:var(--ground)}
.l{text-align:left}
.best td{font-weight:650}
.bad td{color:var(--failed)}
.grey td{color:var(--soft);font-style:italic}
code{font:.88rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.7rem .9rem;margin:.6rem 0;white-space:pre-wrap}
@media (max-width:40rem){body{padding:1.5rem .9rem 3rem}h1{font-size:1.35rem}h1 code{font-size:1.25rem}h1 span{font-size:1rem}}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--c2);outline-offset:2px}
@page{margin:14mm}
@media print{:root{font-size:11px}body{padding:0;max-width:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}nav,details:not([open]){display:none}summary{list-style:none}
.panels{grid-template-columns:repeat(2,1fr)}.p3{grid-template-columns:repeat(3,1fr)}.p1{grid-template-columns:1fr}h2{margin-top:1.6rem}h2,figcaption{break-after:avoid}figure,tr,thead,.panel{break-inside:avoid}
.scroll{overflow:visible}table{width:100%;white-space:normal}th small{min-width:0}th,td{padding:.2rem .3rem .2rem 0}#numbers table{font-size:.72rem}#numbers td{white-space:nowrap}#numbers small{font-size:.62rem}}
`;
