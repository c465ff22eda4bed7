/** The one style sheet: light or dark as the reader's system is, one column on a phone. Colours keep AA contrast in both. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f3; --card: #fff; --ink: #1d2430; --faint: #59616f; --line: #dcdad4; --field: #8a8f99;
  --blue: #1c4e9c; --blue-ink: #fff; --red: #b3212c; --green: #1a6a3c; --amber: #8a5300;
  --good: #e6f3ea; --bad: #fcebeb; --warn: #fdf3df; --calm: #e9eef7; --code: #f1f0ec;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1c2027; --ink: #e6e8ec; --faint: #a3abb8; --line: #323843; --field: #6f7887;
    --blue: #8ab4f8; --blue-ink: #10182a; --red: #ff9a9a; --green: #7fd3a0; --amber: #f0c274;
    --good: #17301f; --bad: #3a1c20; --warn: #35291a; --calm: #1f2a3d; --code: #14171c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "Helvetica Neue", sans-serif; }
/* The edge of an air mail envelope. */
body::before { content: ""; display: block; height: 5px; background: repeating-linear-gradient(135deg, #c8323c 0 14px, #fff 14px 24px, #2c62b8 24px 38px, #fff 38px 48px); }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.12rem; margin: 0 0 .7rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
main > h1 { margin-bottom: 1.1rem; }
p { margin: 0 0 .9rem; }
a { color: var(--blue); text-underline-offset: .15em; }
small, .faint { color: var(--faint); }
small { font-size: .86rem; display: block; }
code, pre, .code, output { font-family: var(--mono); font-size: .88em; }
code { overflow-wrap: anywhere; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; margin: 0; overflow-x: auto; line-height: 1.5; }
pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100vw; background: var(--card); padding: .6rem 1rem; z-index: 2; }
.skip:focus { left: .5rem; top: .5rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

.top { background: var(--card); border-bottom: 1px solid var(--line); }
.bar { max-width: 66rem; margin: 0 auto; padding: 0 1.2rem; display: flex; align-items: center; gap: 1.6rem; flex-wrap: wrap; }
.brand { display: inline-flex; align-items: center; gap: .55rem; color: var(--ink); font-weight: 650; letter-spacing: -.01em; text-decoration: none; padding: .85rem 0; }
.brand svg { color: var(--blue); }
nav ul { display: flex; gap: .2rem; list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .95rem .75rem .8rem; color: var(--faint); text-decoration: none; border-bottom: 3px solid transparent; white-space: nowrap; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--blue); }
.sign-out { margin-left: auto; display: flex; align-items: center; gap: .7rem; }
.who { color: var(--faint); font-size: .88rem; max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
main { max-width: 66rem; margin: 0 auto; padding: 1.8rem 1.2rem 4rem; }
.head { display: flex; gap: 1rem 2rem; align-items: flex-start; justify-content: space-between; flex-wrap: wrap; margin-bottom: 1.2rem; }
.head > div:first-child { flex: 1 1 20rem; min-width: 0; }
.head p { margin: 0; color: var(--faint); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.3rem 1.5rem; margin: 0 0 1.2rem; }
.card > :last-child, .card > form > :last-child { margin-bottom: 0; }
.narrow { max-width: 30rem; margin: 6vh auto 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 1.2rem; align-items: start; }

button, .button { font: inherit; font-weight: 550; display: inline-block; text-decoration: none; border: 1px solid var(--field); background: var(--card); color: var(--ink); border-radius: 7px; padding: .45rem .95rem; cursor: pointer; line-height: 1.4; }
button:hover, .button:hover { border-color: var(--ink); }
.main { background: var(--blue); border-color: var(--blue); color: var(--blue-ink); }
.main:hover { filter: brightness(1.1); border-color: var(--blue); }
.quiet { padding: .25rem .6rem; font-size: .88rem; font-weight: 500; }
.danger { color: var(--red); border-color: currentColor; background: none; }
.busy { opacity: .75; cursor: progress; }
.actions { display: flex; gap: .7rem; flex-wrap: wrap; align-items: center; margin: 1.2rem 0 0; }

fieldset { border: 0; margin: 0 0 1.3rem; padding: 0; min-width: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: .5rem; }
.field { margin: 0 0 1.05rem; }
.field > label { display: block; font-weight: 550; margin-bottom: .25rem; }
.optional { font-weight: 400; color: var(--faint); font-size: .86rem; }
input:not([type=checkbox], [type=radio], [type=file], [type=hidden]), select, textarea { width: 100%; font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--field); border-radius: 7px; padding: .45rem .7rem; }
textarea { resize: vertical; display: block; }
textarea.code { font-family: var(--mono); font-size: .88rem; line-height: 1.5; }
.field small { margin-top: .25rem; }
.wrong input, .wrong textarea, .wrong select { border-color: var(--red); }
.error { color: var(--red); margin: .3rem 0 0; font-size: .92rem; }
.pair { display: grid; grid-template-columns: 1fr 9rem; gap: 0 1rem; }
.halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0 1rem; }
.tick { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; margin: 0 0 .55rem; align-items: baseline; }
.tick small { grid-column: 2; }
.tick input { width: 1.05rem; height: 1.05rem; accent-color: var(--blue); transform: translateY(.15rem); margin: 0; }
.drop { border: 1.5px dashed var(--field); border-radius: 8px; padding: .9rem 1rem .2rem; margin-bottom: 1.05rem; }
.drop.over { border-color: var(--blue); background: var(--calm); }
details { margin: 0 0 1.2rem; }
summary { cursor: pointer; font-weight: 550; padding: .2rem 0; }
details[open] > summary { margin-bottom: .8rem; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; margin: 0; padding: 0; }
.choices a { display: block; border: 1px solid var(--line); border-radius: 99px; padding: .25rem .85rem; text-decoration: none; color: var(--ink); font-size: .93rem; }
.choices a:hover { border-color: var(--field); }
.choices a[aria-current] { background: var(--calm); border-color: var(--blue); font-weight: 600; }

.note { border-radius: 8px; padding: .8rem 1.1rem; margin: 0 0 1.2rem; border: 1px solid transparent; border-left: 4px solid; overflow-wrap: anywhere; }
.note > :last-child { margin-bottom: 0; }
.note ul { margin: .2rem 0 .6rem; padding-left: 1.2rem; }
.good { background: var(--good); border-color: var(--green); }
.bad { background: var(--bad); border-color: var(--red); }
.warn { background: var(--warn); border-color: var(--amber); }
.calm { background: var(--calm); border-color: var(--blue); }
.badge { display: inline-flex; align-items: center; gap: .4rem; font-size: .84rem; font-weight: 550; border: 1px solid currentColor; border-radius: 99px; padding: .02rem .6rem; white-space: nowrap; }
.badge.is-good { color: var(--green); } .badge.is-bad { color: var(--red); } .badge.is-warn { color: var(--amber); } .badge.is-calm { color: var(--faint); }
.badge.is-good::before { content: "✓"; } .badge.is-bad::before { content: "✕"; } .badge.is-warn::before { content: "!"; font-weight: 800; }

h2.inset { padding: .9rem 1.5rem 0; margin: 0 0 .3rem; }
.table { padding: .3rem 0; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: .84rem; font-weight: 550; color: var(--faint); }
th, td { padding: .6rem .9rem; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 1.5rem; } th:last-child, td:last-child { padding-right: 1.5rem; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td .badge { margin: 0 .3rem .15rem 0; }
td strong { overflow-wrap: break-word; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .45rem 1.4rem; margin: 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.filters { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); gap: 0 1rem; align-items: end; }
.filters .field:last-child, .filters p { margin-bottom: 1.05rem; }

.stages { list-style: none; margin: 0; padding: 0; }
.stages li { padding: .65rem 0 .65rem 2.2rem; position: relative; border-bottom: 1px solid var(--line); }
.stages li:last-child { border: 0; }
.stages .mark { position: absolute; left: 0; top: .7rem; width: 1.45rem; height: 1.45rem; border-radius: 50%; display: grid; place-items: center; font-size: .8rem; font-weight: 700; color: var(--card); background: var(--green); }
.stages .fails .mark { background: var(--red); }
.stages .ms { float: right; color: var(--faint); font-variant-numeric: tabular-nums; font-size: .88rem; }
.stages p { margin: .3rem 0 0; }
.stages .advice { background: var(--calm); border-radius: 6px; padding: .5rem .8rem; margin-top: .5rem; }
.snippet { position: relative; margin: 0 0 1rem; }
.snippet .copy { position: absolute; top: .5rem; right: .5rem; }
.snippet pre { padding-right: 5.5rem; }
.secret { display: block; font-size: 1.02rem; font-weight: 600; background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 5.5rem .8rem 1rem; overflow-wrap: anywhere; }
iframe { width: 100%; height: 24rem; border: 1px solid var(--line); border-radius: 6px; background: #fff; }
.tabs { display: inline-flex; gap: 0; margin: 0 0 1.2rem; border: 1px solid var(--field); border-radius: 7px; overflow: hidden; }
.tabs button { border: 0; border-radius: 0; padding: .3rem 1rem; }
.tabs button[aria-pressed=true] { background: var(--calm); font-weight: 650; }

@media (max-width: 46rem) {
  .bar { gap: 0 1rem; padding: 0 .9rem; }
  nav { order: 3; width: 100%; overflow-x: auto; }
  nav a { padding: .4rem .6rem .5rem; }
  main { padding: 1.2rem .9rem 3rem; }
  .card { padding: 1.05rem 1.05rem; }
  .pair { grid-template-columns: 1fr; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; }
  h2.inset { padding: .9rem 1.5rem 0; margin: 0 0 .3rem; }
.table { padding: 0; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: .7rem 1.05rem; border-bottom: 1px solid var(--line); }
  tr:last-child { border: 0; }
  td, td:first-child, td:last-child { padding: .1rem 0; border: 0; }
  td[data-label]::before { content: attr(data-label) " "; color: var(--faint); font-size: .84rem; }
  td:empty { display: none; }
}
@media (prefers-reduced-motion: no-preference) { button, .choices a { transition: border-color .12s, filter .12s; } }
@media (forced-colors: active) { .badge, .note { border: 1px solid; } }
`;
