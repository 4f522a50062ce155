// A plot as a static picture in SVG: lines with the band of their interval, or bars, and what was published as hollow
// diamonds on a dashed line. Colours and letters come from the page's style, so it is right in light, dark and print.
import type { Plot, PlotPoint, PlotSeries } from "../scenario/plots.ts";
import { type AxisScale, axisScale } from "./axis-scale.ts";
import { Html, html } from "./html-text.ts";
import { columnTexts, numberText } from "./number-text.ts";

const WIDTH = 760;
const HEIGHT = 380;
const LEFT = 60;
const RIGHT = 14;
const TOP = 34;
const BOTTOM = 54;
const INNER_WIDTH = WIDTH - LEFT - RIGHT;
const INNER_HEIGHT = HEIGHT - TOP - BOTTOM;

/** More points than this make markers a smear. */
const MARKERS_MAX = 60;
/** Names under the bars, at most; of more every second, third … is written. */
const BAR_LABELS_MAX = 24;
/** Room that a letter takes, as far as overlaps are concerned. */
const LETTER_WIDTH = 7;

interface Frame {
  readonly y: AxisScale;
  /** Where each x stands, in pixels. */
  place(x: number | string): number;
}

/** `id` must be unique on the page. */
export function svgPlot(plot: Plot, id: string): Html {
  const body = plot.kind === "bars" ? barBody(plot) : lineBody(plot);
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${plot.title}</title>
<desc id="${id}-desc">${description(plot)}</desc>
${body}
</svg>`;
}

/** What a mark looks like, for the legend: `series` counts from 0, -1 is what was published. */
export function legendMark(series: number, kind: Plot["kind"]): Html {
  const inner =
    series < 0
      ? html`<path class="published" d="M0 8H28"/>${diamond(14, 8, 5)}`
      : kind === "bars"
        ? html`<rect class="bar s${series}" x="7" y="1" width="14" height="14" rx="2"/>`
        : html`<path class="line s${series}" d="M0 8H28"/>${marker(series, 14, 8)}`;
  return html`<svg class="mark" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true">${inner}</svg>`;
}

function lineBody(plot: Plot): Html {
  const all = plot.series.flatMap(({ points }) => points);
  const xs = [...all.map(({ x }) => Number(x)), ...plot.published.map(([x]) => Number(x))];
  const middles = [...all.map(({ y }) => y), ...plot.published.map(([, y]) => y)];
  // The interval of a mean may reach below 0 where nothing ever is.
  const floor = Math.min(...middles) >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  const ys = [...middles, ...all.flatMap(({ y, low, high }) => [Math.max(floor, low ?? y), high ?? y])];
  const x = axisScale(xs, plot.xScale, { fromZero: false });
  // An axis that begins just below the values exaggerates what is small; one that is mostly empty hides it.
  const y = axisScale(ys, plot.yScale, { fromZero: Math.min(...ys) < 0.5 * Math.max(...ys) });
  const frame: Frame = { y, place: (value) => LEFT + x.share(Number(value)) * INNER_WIDTH };
  const labels = tickTexts(x.ticks).map((text, i) => ({ text, at: frame.place(x.ticks[i] as number) }));
  return html`${axes(plot, frame, labels)}
${plot.series.map((series, i) => band(series, i, frame))}
${plot.series.map((series, i) => line(series, i, frame))}
${published(plot, frame)}`;
}

function barBody(plot: Plot): Html {
  const categories = barCategories(plot);
  const slot = INNER_WIDTH / Math.max(1, categories.length);
  const all = plot.series.flatMap(({ points }) => points);
  const ys = [0, ...all.flatMap(({ y, high }) => [y, high ?? y]), ...plot.published.map(([, y]) => y)];
  const y = axisScale(ys, plot.yScale, { fromZero: true });
  const index = new Map(categories.map((category, i) => [String(category), i]));
  const frame: Frame = { y, place: (value) => LEFT + ((index.get(String(value)) as number) + 0.5) * slot };
  const texts = categories.map((category) => (typeof category === "number" ? numberText(category) : category));
  const widest = Math.max(1, ...texts.map((text) => text.length)) * LETTER_WIDTH;
  const every = Math.max(1, Math.ceil(categories.length / BAR_LABELS_MAX), Math.ceil(widest / slot));
  const labels = texts.flatMap((text, i) =>
    i % every === 0 ? [{ text, at: frame.place(categories[i] as number | string) }] : [],
  );
  const width = Math.min(44, (slot * 0.72) / Math.max(1, plot.series.length));
  const start = (-width * plot.series.length) / 2;
  return html`${axes(plot, frame, labels)}
${plot.series.map(({ points }, i) => points.map((point) => bar(point, i, start + i * width, width, frame)))}
${published(plot, frame)}`;
}

/** Every x of any series or publication: numbers ascend, texts stay in order. */
function barCategories(plot: Plot): (number | string)[] {
  const all = [...plot.series.flatMap(({ points }) => points.map(({ x }) => x)), ...plot.published.map(([x]) => x)];
  const found = [...new Map(all.map((x) => [String(x), x])).values()];
  if (found.some((x) => typeof x === "string")) return found;
  return found.sort((a, b) => Number(a) - Number(b));
}

function axes(plot: Plot, { y }: Frame, labels: readonly { readonly text: string; readonly at: number }[]): Html {
  const bottom = TOP + INNER_HEIGHT;
  const rows = tickTexts(y.ticks).map((text, i) => {
    const at = px(height(y, y.ticks[i] as number));
    return html`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 9}" y="${at}" dy="0.35em" text-anchor="end">${text}</text>`;
  });
  const columns = labels.map(({ text, at }) => {
    // The last one must not leave the picture.
    const isLast = at + (text.length * LETTER_WIDTH) / 2 > WIDTH;
    const x = isLast ? WIDTH : px(at);
    return html`<path class="axis" d="M${px(at)} ${bottom}v5"/><text class="tick" x="${x}" y="${bottom + 20}" text-anchor="${isLast ? "end" : "middle"}">${text}</text>`;
  });
  return html`${rows}<path class="axis" d="M${LEFT} ${bottom}H${WIDTH - RIGHT}"/>${columns}
<text class="axis-name" x="0" y="14">${plot.y}</text>
<text class="axis-name" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${plot.x}</text>`;
}

function band({ points }: PlotSeries, series: number, { y, place }: Frame): Html | undefined {
  const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (banded.length < 2) return undefined;
  const there = banded.map(({ x, high }) => `${px(place(x))} ${px(height(y, high as number))}`);
  const back = banded.toReversed().map(({ x, low }) => `${px(place(x))} ${px(height(y, low as number))}`);
  return html`<path class="band s${series}" d="M${[...there, ...back].join("L")}Z"/>`;
}

function line({ points }: PlotSeries, series: number, { y, place }: Frame): Html {
  const corners = points.map((point) => `${px(place(point.x))} ${px(height(y, point.y))}`);
  const markers =
    points.length > MARKERS_MAX ? [] : points.map((point) => marker(series, place(point.x), height(y, point.y)));
  const path = points.length < 2 ? undefined : html`<path class="line s${series}" d="M${corners.join("L")}"/>`;
  return html`${path}${markers}`;
}

function bar({ x, y: value, low, high }: PlotPoint, series: number, offset: number, width: number, frame: Frame): Html {
  const { y, place } = frame;
  const left = place(x) + offset;
  const top = height(y, value);
  const rect = html`<rect class="bar s${series}" x="${px(left + 1)}" y="${px(top)}" width="${px(Math.max(1, width - 2))}" height="${px(TOP + INNER_HEIGHT - top)}"/>`;
  if (low === undefined || high === undefined) return rect;
  const middle = px(left + width / 2);
  return html`${rect}<path class="whisker" d="M${middle} ${px(height(y, high))}V${px(height(y, low))}"/>`;
}

function published(plot: Plot, { y, place }: Frame): Html | undefined {
  if (plot.published.length === 0) return undefined;
  const known = plot.published.map(([x, value]) => [place(x), height(y, value)] as const);
  const path = known.map(([x, at]) => `${px(x)} ${px(at)}`).join("L");
  return html`<path class="published" d="M${path}"/>${known.map(([x, at]) => diamond(x, at, 5))}`;
}

/** Shapes tell series apart where colours do not. */
function marker(series: number, x: number, y: number): Html {
  const r = 3.5;
  const name = `marker s${series}`;
  switch (series % 4) {
    case 0:
      return html`<circle class="${name}" cx="${px(x)}" cy="${px(y)}" r="${r}"/>`;
    case 1:
      return html`<rect class="${name}" x="${px(x - r)}" y="${px(y - r)}" width="${2 * r}" height="${2 * r}"/>`;
    case 2:
      return html`<path class="${name}" d="M${px(x)} ${px(y - r - 1)}l4.5 8h-9Z"/>`;
    default:
      return html`<path class="${name}" d="M${px(x)} ${px(y + r + 1)}l4.5 -8h-9Z"/>`;
  }
}

function diamond(x: number, y: number, r: number): Html {
  return html`<path class="diamond" d="M${px(x)} ${px(y - r)}l${r} ${r}l-${r} ${r}l-${r} -${r}Z"/>`;
}

function height(y: AxisScale, value: number): number {
  return TOP + (1 - Math.min(1, Math.max(0, y.share(value)))) * INNER_HEIGHT;
}

/** Whole powers need no decimals; what is evenly spaced has the same number of them everywhere. */
function tickTexts(ticks: readonly number[]): string[] {
  const isEven =
    ticks.length < 3 || Math.abs((ticks[0] as number) + (ticks[2] as number) - 2 * (ticks[1] as number)) < 1e-9;
  return isEven ? columnTexts(ticks, TICK_DIGITS) : ticks.map((tick) => numberText(tick, TICK_DIGITS));
}

const TICK_DIGITS = 12;

/** A tenth of a pixel is as fine as anybody sees. */
function px(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The plot in words, for whoever does not see it; the numbers are in the table under it. */
function description(plot: Plot): string {
  const ends = (name: string, points: readonly (readonly [number | string, number])[]): string => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return `${name}: nothing.`;
    const shown = ([x, y]: readonly [number | string, number]): string =>
      `${numberText(y)} at ${typeof x === "number" ? numberText(x) : x}`;
    return points.length === 1 ? `${name}: ${shown(first)}.` : `${name}: ${shown(first)} to ${shown(last)}.`;
  };
  const parts = plot.series.map(({ label, points }) =>
    ends(
      label === "" ? "This run" : label,
      points.map(({ x, y }) => [x, y] as const),
    ),
  );
  if (plot.published.length > 0) parts.push(ends("Published", plot.published));
  return `${plot.kind === "bars" ? "Bars" : "Lines"}: ${plot.y} by ${plot.x}. ${parts.join(" ")}`;
}
