// One page that says what a scenario asked, what came out, and how that compares with what was published. It stands alone:
// no script, no picture or font from elsewhere, every plot with an equal table; it prints, and follows light and dark.
import type { Estimate } from "../measures/intervals.ts";
import type { Comparison, Judgement, ScenarioVerdict } from "../scenario/judge.ts";
import type { Plot } from "../scenario/plots.ts";
import { cellOf } from "../scenario/results.ts";
import type { PublishedTag, ScenarioHead } from "../scenario/scenario.ts";
import { Html, html } from "./html-text.ts";
import { columnTexts, numberText, percentText } from "./number-text.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { legendMark, svgPlot } from "./svg-plot.ts";

export interface ReportFacts {
  /** What was run: a program's name, or a protocol. */
  readonly what: string;
  readonly build: string;
  /** How to run it again. */
  readonly command: string | undefined;
}

type ReportedScenario = Pick<ScenarioHead, "title" | "source" | "text" | "seeds" | "fidelity">;

/** Our own text, and free of what would end a style element. */
const STYLE = new Html(REPORT_STYLE);

/** More rows are for a spreadsheet; the CSV has them all. */
const ROWS_MAX = 200;
const COLUMNS_MAX = 40;

/** What one report tells of. */
export interface Reported {
  readonly scenario: ReportedScenario;
  readonly judgement: Judgement;
  readonly facts: ReportFacts;
}

export function htmlReport(scenario: ReportedScenario, judgement: Judgement, facts: ReportFacts): string {
  return htmlReports([{ scenario, judgement, facts }]);
}

/** Several on one page, one below the other. */
export function htmlReports(reports: readonly Reported[]): string {
  const [first] = reports;
  const title =
    reports.length === 1 ? first?.scenario.title : `${first?.scenario.title} and ${reports.length - 1} more`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${reports.map(article)}
</main>
</body>
</html>
`.text;
}

function article({ scenario, judgement, facts }: Reported, index: number): Html {
  const { verdicts, comparisons, plots, problems } = judgement;
  const id = index === 0 ? "plot" : `plot-${index + 1}`;
  return html`<article>
<header>
<p class="over">Lab report · ${facts.what}</p>
<h1>${scenario.title}</h1>
${optional(scenario.text, (text) => html`<p class="lead">${text}</p>`)}
${optional(scenario.source, (source) => html`<p class="source">After ${source}</p>`)}
${outcome(verdicts)}
${factList(scenario, judgement, facts)}
</header>
${verdicts.length === 0 ? undefined : verdictSection(verdicts)}
${comparisons.length === 0 ? undefined : comparisonSection(comparisons, scenario.seeds.length)}
${plots.length === 0 ? undefined : html`<section><h2>Plots</h2>${plots.map((plot, i) => figure(plot, `${id}-${i + 1}`))}</section>`}
${valueSection(judgement)}
${problems.length === 0 ? undefined : html`<section><h2>Left out</h2>${problems.map((problem) => html`<p>${problem}${problem.endsWith("?") ? "" : "."}</p>`)}</section>`}
<footer>
${optional(facts.command, (command) => html`<p>Run it again: <code>${command}</code></p>`)}
<p>The same scenario, seeds and build give the same digest on every machine.</p>
</footer>
</article>
`;
}

function optional(text: string | undefined, show: (text: string) => Html): Html | undefined {
  return text === undefined ? undefined : show(text);
}

function outcome(verdicts: readonly ScenarioVerdict[]): Html | undefined {
  if (verdicts.length === 0) return undefined;
  const missed = verdicts.filter(({ passed, undefinedNames }) => !passed && undefinedNames.length === 0).length;
  const unknown = verdicts.filter(({ undefinedNames }) => undefinedNames.length > 0).length;
  if (missed + unknown > 0) {
    const parts = [
      ...(missed > 0 ? [`${missed} of ${expectations(verdicts.length)} missed`] : []),
      ...(unknown > 0
        ? [`${unknown}${missed > 0 ? "" : ` of ${expectations(verdicts.length)}`} cannot be judged`]
        : []),
    ];
    return html`<p class="outcome"><span class="bad" aria-hidden="true">✕</span><span>${parts.join(", ")}</span></p>`;
  }
  const all =
    ["", "The expectation is", "Both expectations are"][verdicts.length] ?? `All ${verdicts.length} expectations are`;
  return html`<p class="outcome"><span class="good" aria-hidden="true">✓</span><span>${all} met</span></p>`;
}

function expectations(count: number): string {
  return `${numberText(count)} ${count === 1 ? "expectation" : "expectations"}`;
}

function factList(scenario: ReportedScenario, judgement: Judgement, facts: ReportFacts): Html {
  const { seeds, fidelity } = scenario;
  const { digest, events, points } = judgement;
  const seedText = seeds.length === 1 ? (seeds[0] as string) : `${seeds[0]} to ${seeds.at(-1)} (${seeds.length})`;
  const rows: (readonly [string, Html | string])[] = [
    [seeds.length === 1 ? "Seed" : "Seeds", seedText],
    ...(points.length > 1 ? [["Points", numberText(points.length)] as const] : []),
    ["Events", numberText(events)],
    ["Fidelity", fidelity],
    ["Build", html`<span class="code">${facts.build}</span>`],
    ["Digest", html`<span class="code">${digest}</span>`],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function verdictSection(verdicts: readonly ScenarioVerdict[]): Html {
  return html`<section><h2>Expectations</h2>
<ul class="verdicts">${verdicts.map(
    (
      verdict,
    ) => html`<li>${state(verdict)}<div><code>${verdict.expectation}</code><p class="said">${verdict.text}</p>${points(verdict)}</div></li>
`,
  )}</ul></section>`;
}

function state({
  passed,
  undefinedNames,
}: {
  readonly passed: boolean;
  readonly undefinedNames: readonly string[];
}): Html {
  if (passed) return html`<span class="state good"><span aria-hidden="true">✓ </span>met</span>`;
  if (undefinedNames.length > 0) return html`<span class="state open"><span aria-hidden="true">? </span>unknown</span>`;
  return html`<span class="state bad"><span aria-hidden="true">✕ </span>missed</span>`;
}

function points({ parts }: ScenarioVerdict): Html | undefined {
  // What is unknown at every point is said once.
  if (parts.length < 2 || parts.every(({ verdict }) => verdict.undefinedNames.length > 0)) return undefined;
  return html`<details><summary>At each point</summary><div class="wide"><table><thead><tr><th scope="col">Point</th><th scope="col" class="words"></th><th scope="col" class="words">What was found</th></tr></thead>
<tbody>${parts
    .slice(0, ROWS_MAX)
    .map(
      ({ point, verdict }) =>
        html`<tr><th scope="row">${point}</th><td class="words">${state(verdict)}</td><td class="words">${verdict.text}</td></tr>`,
    )}</tbody></table></div></details>`;
}

const TAGS: Readonly<Record<PublishedTag, string>> = {
  V: "read in the source",
  M: "computed by an independent program",
  R: "recalled, not read again",
};

function comparisonSection(comparisons: readonly Comparison[], seeds: number): Html {
  const tags = [...new Set(comparisons.map(({ tag }) => tag))];
  const hasInterval = seeds > 1;
  const published = columnTexts(comparisons.map(({ number }) => number));
  const here = columnTexts(comparisons.map(({ ours }) => ours?.mean));
  const lows = columnTexts(comparisons.map(({ ours }) => ours?.interval?.low));
  const highs = columnTexts(comparisons.map(({ ours }) => ours?.interval?.high));
  return html`<section><h2>Beside what was published</h2>
<div class="wide"><table>
<thead><tr><th scope="col"></th><th scope="col">Published</th><th scope="col">Here</th>${hasInterval ? html`<th scope="col">95 % interval</th>` : undefined}<th scope="col">Difference</th></tr></thead>
<tbody>${comparisons.map(
    ({ label, number, tag, ours }, i) =>
      html`<tr><th scope="row">${label}</th><td>${published[i]} <abbr class="soft" title="${TAGS[tag]}">${tag}</abbr></td><td>${here[i]}</td>${hasInterval ? html`<td>${betweenText(lows[i], highs[i])}</td>` : undefined}<td>${differenceText(number, ours)}</td></tr>
`,
  )}</tbody></table></div>
<p class="note">${tags.map((tag) => `${tag}: ${TAGS[tag]}`).join(" · ")}.</p></section>`;
}

function betweenText(low: string | undefined, high: string | undefined): string {
  return low === undefined || low === "—" ? "—" : `${low} … ${high}`;
}

function differenceText(published: number, ours: Estimate | undefined): string {
  if (ours === undefined) return "—";
  const difference = ours.mean - published;
  if (difference === 0) return "0";
  return published === 0 ? numberText(difference) : percentText(difference / Math.abs(published));
}

function figure(plot: Plot, id: string): Html {
  const isLegended = plot.series.length > 1 || plot.published.length > 0;
  const entries = plot.series.map(
    ({ label }, i) => html`<li>${legendMark(i, plot.kind)}${label === "" ? "here" : label}</li>`,
  );
  if (plot.published.length > 0) entries.push(html`<li>${legendMark(-1, plot.kind)}published</li>`);
  const banded = plot.series.some(({ points }) => points.some(({ low }) => low !== undefined));
  return html`<figure><figcaption>${plot.title}</figcaption>
${isLegended ? html`<ul class="legend">${entries}</ul>` : undefined}
${svgPlot(plot, id)}
${banded ? html`<p class="note">${plot.kind === "bars" ? "The strokes are" : "The bands are"} 95 % intervals of the mean over the seeds.</p>` : undefined}
<details><summary>The same as a table</summary>${plotTable(plot)}</details>
</figure>
`;
}

/** One row per x, a column per series. */
function plotTable(plot: Plot): Html {
  const cells = new Map<string, string[]>();
  const put = (column: number, xs: readonly (number | string)[], texts: readonly string[]): void => {
    for (const [i, x] of xs.entries()) {
      const row = cells.get(String(x)) ?? [];
      cells.set(String(x), row);
      row[column] = texts[i] as string;
    }
  };
  for (const [column, { points }] of plot.series.entries()) {
    const means = columnTexts(points.map(({ y }) => y));
    const lows = columnTexts(points.map(({ low }) => low));
    const highs = columnTexts(points.map(({ high }) => high));
    const texts = means.map((mean, i) => (lows[i] === "—" ? mean : `${mean} (${lows[i]} … ${highs[i]})`));
    put(
      column,
      points.map(({ x }) => x),
      texts,
    );
  }
  const { published } = plot;
  put(
    plot.series.length,
    published.map(([x]) => x),
    columnTexts(published.map(([, y]) => y)),
  );
  const heads = [
    ...plot.series.map(({ label }) => (label === "" ? plot.y : label)),
    ...(published.length > 0 ? ["published"] : []),
  ];
  const keys = [...cells.keys()];
  if (keys.every((key) => typeof cellOf(key) === "number")) keys.sort((a, b) => Number(a) - Number(b));
  return html`<div class="wide"><table><thead><tr><th scope="col">${plot.x}</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${keys.map((key) => {
    const x = cellOf(key);
    const row = cells.get(key) ?? [];
    return html`<tr><th scope="row">${typeof x === "number" ? numberText(x) : x}</th>${heads.map((_, i) => html`<td>${row[i] ?? "—"}</td>`)}</tr>`;
  })}</tbody></table></div>`;
}

function valueSection({ points }: Judgement): Html | undefined {
  const [first] = points;
  if (first === undefined || points.every(({ values }) => values.size === 0)) return undefined;
  return html`<section><h2>All values</h2>${points.length === 1 ? valueTable(first.values) : pointTable(points)}</section>`;
}

function valueTable(values: ReadonlyMap<string, Estimate>): Html {
  const hasSpread = [...values.values()].some(({ count }) => count > 1);
  const rows = [...values].slice(0, ROWS_MAX);
  return html`<div class="wide"><table>
<thead><tr><th scope="col"></th><th scope="col">${hasSpread ? "Mean" : "Value"}</th>${hasSpread ? html`<th scope="col">95 % interval</th><th scope="col">Least</th><th scope="col">Most</th>` : undefined}</tr></thead>
<tbody>${rows.map(
    ([name, found]) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${numberText(found.mean)}</td>${hasSpread ? html`<td>${betweenText(numberText(found.interval?.low), numberText(found.interval?.high))}</td><td>${numberText(found.min)}</td><td>${numberText(found.max)}</td>` : undefined}</tr>
`,
  )}</tbody></table></div>${leftOut(values.size, "values")}`;
}

/** A row for each point of the sweep; the CSV has the intervals too. */
function pointTable(points: Judgement["points"]): Html {
  const shown = points.slice(0, ROWS_MAX);
  const settings = points[0]?.coordinates.map(([setting]) => setting) ?? [];
  const names = [...new Set(points.flatMap(({ values }) => [...values.keys()]))];
  const shownNames = names.slice(0, COLUMNS_MAX);
  const columns = shownNames.map((name) => columnTexts(shown.map(({ values }) => values.get(name)?.mean)));
  const note =
    names.length > COLUMNS_MAX ? `The first ${COLUMNS_MAX} of ${names.length} values; the CSV has all.` : undefined;
  return html`<div class="wide"><table><thead><tr>${[...settings, ...shownNames].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${shown.map(
    ({ coordinates }, row) =>
      html`<tr>${coordinates.map(([, value]) => html`<th scope="row">${value}</th>`)}${columns.map((column) => html`<td>${column[row]}</td>`)}</tr>
`,
  )}</tbody></table></div>${leftOut(points.length, "points")}${optional(note, (text) => html`<p class="note">${text}</p>`)}`;
}

function leftOut(count: number, what: string): Html | undefined {
  if (count <= ROWS_MAX) return undefined;
  return html`<p class="note">The first ${ROWS_MAX} of ${numberText(count)} ${what}; the CSV has all.</p>`;
}
