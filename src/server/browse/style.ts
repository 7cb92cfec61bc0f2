/** Light and dark by the reader's choice; from 320 px on; no font and no picture from elsewhere. */
export const BROWSE_STYLE = `
:root {
	color-scheme: light dark;
	--back: #f5f6f8;
	--card: #ffffff;
	--text: #15181d;
	--faint: #596273;
	--line: #dfe3e8;
	--accent: #1f5fd6;
	--shade: 0 1px 2px rgb(20 30 50 / 6%), 0 6px 18px rgb(20 30 50 / 7%);
}
@media (prefers-color-scheme: dark) {
	:root {
		--back: #101318;
		--card: #1a1e25;
		--text: #e9ecf1;
		--faint: #a1abba;
		--line: #2c323c;
		--accent: #8ab4ff;
		--shade: 0 1px 2px rgb(0 0 0 / 40%);
	}
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
	margin: 0;
	min-height: 100vh;
	background: var(--back);
	color: var(--text);
	font: 1rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header {
	position: sticky;
	top: 0;
	z-index: 1;
	background: var(--back);
	border-bottom: 1px solid var(--line);
}
.bar, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; padding-block: .75rem; }
h1 { flex: none; margin: 0; font-size: 1.25rem; font-weight: 650; letter-spacing: -.01em; }
form { position: relative; flex: 1 1 16rem; max-width: 30rem; margin-left: auto; }
form svg {
	position: absolute;
	left: .8rem;
	top: 50%;
	width: 1.1rem;
	translate: 0 -50%;
	fill: none;
	stroke: var(--faint);
	stroke-width: 2;
	stroke-linecap: round;
	pointer-events: none;
}
form kbd {
	position: absolute;
	right: .7rem;
	top: 50%;
	translate: 0 -50%;
	padding: 0 .45rem;
	border: 1px solid var(--line);
	border-radius: .35rem;
	color: var(--faint);
	font: inherit;
	font-size: .8rem;
	pointer-events: none;
}
form:focus-within kbd { display: none; }
input {
	width: 100%;
	padding: .6rem .8rem .6rem 2.4rem;
	border: 1px solid var(--line);
	border-radius: .7rem;
	background: var(--card);
	color: inherit;
	font: inherit;
}
input::placeholder { color: var(--faint); opacity: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input:focus-visible { outline-offset: -1px; }
#status { min-height: 1.45em; margin: 1rem 0 .75rem; color: var(--faint); overflow-wrap: anywhere; }
#flags {
	display: grid;
	grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 44%), 1fr));
	gap: 1rem;
	margin: 0;
	padding: 0;
	list-style: none;
}
#flags a {
	display: flex;
	flex-direction: column;
	height: 100%;
	overflow: hidden;
	border: 1px solid var(--line);
	border-radius: .8rem;
	background: var(--card);
	box-shadow: var(--shade);
	color: inherit;
	text-decoration: none;
	scroll-margin: 6rem 1rem;
	transition: border-color .15s, translate .15s;
}
#flags a:hover { border-color: var(--accent); translate: 0 -2px; }
#flags .flag {
	display: grid;
	place-items: center;
	padding: .9rem .9rem 0;
}
#flags img {
	width: 100%;
	height: auto;
	aspect-ratio: 4 / 3;
	border-radius: .35rem;
	box-shadow: 0 0 0 1px rgb(128 128 128 / 30%);
}
#flags .missing::before {
	content: attr(data-code);
	display: grid;
	place-items: center;
	width: 100%;
	aspect-ratio: 4 / 3;
	border: 1px dashed var(--line);
	border-radius: .35rem;
	color: var(--faint);
	font-size: 1.5rem;
}
#flags .name { padding: .6rem .9rem 0; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
#flags .facts { padding: .2rem .9rem .8rem; color: var(--faint); font-size: .875rem; overflow-wrap: anywhere; }
#more {
	display: block;
	margin: 1.5rem auto 0;
	padding: .6rem 1.4rem;
	border: 1px solid var(--line);
	border-radius: 2rem;
	background: var(--card);
	color: var(--accent);
	font: inherit;
	font-weight: 600;
	cursor: pointer;
}
footer { padding-block: 2rem; color: var(--faint); font-size: .875rem; }
footer a, noscript a { color: var(--accent); overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 34rem) {
	.bar, main, footer { padding-inline: .9rem; }
	#flags { gap: .7rem; }
	#flags .flag { padding: .6rem .6rem 0; }
	#flags .name, #flags .facts { padding-inline: .65rem; }
	form kbd { display: none; }
}
@media (prefers-reduced-motion: reduce) {
	#flags a { transition: none; }
	#flags a:hover { translate: none; }
}
`;
