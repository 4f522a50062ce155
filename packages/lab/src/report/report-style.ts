// The look of a report: system letters, much room, one accent; light, dark and on paper.

export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1c2024; --soft: #5c656e; --rule: #e3e3dd; --tint: #f4f4ef;
  --good: #17774a; --bad: #b3261e; --open: #8a6100;
  --s0: #1f6fb2; --s1: #c4541a; --s2: #21866a; --s3: #8a4aa5; --s4: #a87a06; --s5: #bd3a68; --s6: #4f6b87; --s7: #66751c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e7e5e0; --soft: #9ba4ad; --rule: #2c3238; --tint: #1b1f23;
    --good: #5ccb94; --bad: #ff8f85; --open: #e0b04f;
    --s0: #6cb2f2; --s1: #f29a5e; --s2: #5cc8a5; --s3: #c79ae8; --s4: #e2bb52; --s5: #f28bb0; --s6: #9cb3cb; --s7: #b7c757;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 72px 32px 96px; max-width: 864px; color: var(--ink);
  font: 16px/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1 { margin: 0; font-size: 2.25rem; line-height: 1.2; font-weight: 640; letter-spacing: -0.022em; text-wrap: balance; }
h2 { margin: 72px 0 20px; font-size: 1.25rem; line-height: 1.3; font-weight: 620; letter-spacing: -0.01em; }
p { margin: 0; text-wrap: pretty; }
.over { margin: 0 0 14px; color: var(--soft); font-size: 0.875rem; letter-spacing: 0.01em; }
.lead { margin-top: 20px; font-size: 1.0625rem; max-width: 42em; white-space: pre-line; }
.source { margin-top: 12px; color: var(--soft); max-width: 42em; }
.note { margin-top: 12px; color: var(--soft); font-size: 0.875rem; max-width: 46em; }
code, .code { font: 0.9375em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }

.outcome { display: flex; gap: 14px; align-items: baseline; margin-top: 36px; font-size: 1.25rem; font-weight: 600; letter-spacing: -0.01em; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 20px 32px; margin: 40px 0 0; padding: 24px 0; border-block: 1px solid var(--rule); }
.facts dt { color: var(--soft); font-size: 0.8125rem; }
.facts dd { margin: 2px 0 0; }

.verdicts { list-style: none; margin: 0; padding: 0; }
.verdicts > li { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 12px; padding: 14px 0; border-top: 1px solid var(--rule); break-inside: avoid; }
.verdicts > li:last-child { border-bottom: 1px solid var(--rule); }
.state { white-space: nowrap; }
.verdicts > li > .state { font-weight: 600; font-size: 0.9375rem; }
.verdicts .said { color: var(--soft); font-size: 0.9375rem; }

table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
.wide { overflow-x: auto; }
caption { text-align: left; color: var(--soft); font-size: 0.875rem; padding-bottom: 8px; }
th, td { padding: 9px 12px; text-align: right; border-bottom: 1px solid var(--rule); vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; text-align: left; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
td.words, th.words { text-align: left; white-space: normal; }
thead th { color: var(--soft); font-weight: 500; font-size: 0.8125rem; border-bottom-color: var(--soft); }
tbody th { font-weight: 400; }
tbody tr { break-inside: avoid; }
.soft { color: var(--soft); }

figure { margin: 0 0 64px; break-inside: avoid; }
figure:last-of-type { margin-bottom: 0; }
figcaption { font-weight: 600; margin-bottom: 6px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 0 0 12px; padding: 0; list-style: none; color: var(--soft); font-size: 0.875rem; }
.legend li { display: flex; gap: 9px; align-items: center; }
.mark { flex: none; overflow: visible; }
.plot { display: block; width: 100%; height: auto; overflow: visible; }
.plot text { font-family: inherit; fill: var(--soft); font-size: 12.5px; }
.plot .axis-name { fill: var(--ink); font-size: 13px; }
.plot .grid { stroke: var(--rule); stroke-width: 1; }
.plot .axis { stroke: var(--soft); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.band { opacity: 0.16; }
.bar { opacity: 0.88; }
.marker { stroke: var(--paper); stroke-width: 1.25; }
.whisker { stroke: var(--ink); stroke-width: 1.5; }
.published { fill: none; stroke: var(--ink); stroke-width: 1.25; stroke-dasharray: 2 4; stroke-linecap: round; }
.diamond { fill: var(--paper); stroke: var(--ink); stroke-width: 1.6; stroke-linejoin: round; }
${Array.from({ length: 8 }, (_, i) => `.line.s${i} { stroke: var(--s${i}); } .band.s${i}, .bar.s${i}, .marker.s${i} { fill: var(--s${i}); }`).join("\n")}

details { margin-top: 14px; font-size: 0.9375rem; }
summary { color: var(--soft); cursor: pointer; width: fit-content; font-size: 0.875rem; }
summary:focus-visible { outline: 2px solid var(--s0); outline-offset: 3px; border-radius: 2px; }
details > :not(summary) { margin-top: 14px; }
footer { margin-top: 88px; padding-top: 20px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 0.875rem; }
footer p + p { margin-top: 6px; }
article + article { margin-top: 144px; break-before: page; }

@media (max-width: 640px) {
  body { padding: 40px 20px 64px; }
  h1 { font-size: 1.75rem; }
  .verdicts > li { grid-template-columns: 1fr; }
  tbody th:first-child { min-width: 9em; }
}
@media print {
  :root {
    --paper: #fff; --ink: #000; --soft: #444; --rule: #ccc; --tint: #fff; --good: #0b5c36; --bad: #9b1c15; --open: #6b4b00;
    --s0: #1f6fb2; --s1: #c4541a; --s2: #21866a; --s3: #8a4aa5; --s4: #a87a06; --s5: #bd3a68; --s6: #4f6b87; --s7: #66751c;
  }
  @page { margin: 18mm 16mm; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  h2 { margin-top: 28pt; break-after: avoid; }
  figure { margin-bottom: 24pt; }
  summary { display: none; }
  details::details-content { content-visibility: visible; display: block; }
  .wide { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: 4px 6px; white-space: normal; }
}
`;
