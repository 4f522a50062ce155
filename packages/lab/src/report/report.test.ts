import { describe, expect, test } from "vitest";
import type { Judgement } from "../scenario/judge.ts";
import type { Plot } from "../scenario/plots.ts";
import { estimate } from "../measures/intervals.ts";
import { axisScale } from "./axis-scale.ts";
import { csvText } from "./csv.ts";
import { htmlReport } from "./html-report.ts";
import { html } from "./html-text.ts";
import { parseTraceLine, traceHeadLine, traceLine } from "./ndjson-trace.ts";
import { columnTexts, numberText, percentText } from "./number-text.ts";
import { svgPlot } from "./svg-plot.ts";

const plot: Plot = {
  title: "Path length",
  kind: "line",
  xScale: "linear",
  yScale: "linear",
  x: "p",
  y: "path",
  series: [
    {
      label: "",
      points: [
        { x: 0, y: 3.8, low: 3.7, high: 3.9 },
        { x: 0.5, y: 5, low: 4.8, high: 5.2 },
      ],
    },
  ],
  published: [
    [0, 3.84],
    [0.5, 5.09],
  ],
};

const verdict = {
  expectation: "path < 6",
  passed: true,
  left: 5,
  right: 6,
  text: "path was 5, expected < 6",
  undefinedNames: [],
};

function judgement(changes: Partial<Judgement> = {}): Judgement {
  return {
    passed: true,
    points: [
      {
        coordinates: [],
        text: "",
        numbers: new Map(),
        values: new Map([["path", estimate([5])]]),
        partial: new Map(),
        findings: [],
      },
    ],
    verdicts: [{ ...verdict, parts: [{ point: "", verdict }] }],
    comparisons: [
      {
        reference: { name: "path", point: [] },
        number: 5.09,
        tag: "V",
        label: "Path length",
        ours: estimate([5]),
        problem: undefined,
      },
    ],
    tables: new Map(),
    plots: [plot],
    problems: [],
    digest: "0123456789abcdef",
    events: 1234567,
    ...changes,
  };
}

const scenario = {
  title: "Chord",
  source: "a paper",
  text: "What it is about.",
  seeds: ["7"],
  fidelity: "message" as const,
};
const facts = { what: "chord-lookups", build: "0.1.0", command: "servent lab run chord.jsonc" };

describe("a report", () => {
  const page = htmlReport(scenario, judgement(), facts);

  test("stands alone: no script, and nothing from elsewhere", () => {
    expect(page).not.toMatch(/<script|javascript:|https?:|url\(|@import|src=|href=/i);
    expect(page).toContain("default-src 'none'");
  });

  test("says what was run, what was expected and found, and what was published", () => {
    for (const text of ["<h1>Chord</h1>", "After a paper", "The expectation is met", "path was 5, expected &#60; 6"]) {
      expect(page).toContain(text);
    }
    expect(page).toContain("0123456789abcdef");
    expect(page).toContain("1\u202f234\u202f567");
    expect(page).toContain("−1.8\u202f%");
  });

  test("has every plot as a picture with words, and as an equal table", () => {
    expect(page).toContain('role="img" aria-labelledby="plot-1-title plot-1-desc"');
    expect(page).toContain("Lines: path by p. This run: 3.8 at 0 to 5 at 0.5. Published: 3.84 at 0 to 5.09 at 0.5.");
    const table = /<details><summary>The same as a table<\/summary>(.*?)<\/details>/s.exec(page)?.[1] ?? "";
    expect(table.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")).toContain(
      "p path published 0 3.8 (3.7 … 3.9) 3.84 0.5 5.0 (4.8 … 5.2) 5.09",
    );
  });

  test("shows a hostile text as text", () => {
    const hostile = '</style><script>alert(1)</script>"\u202egnp.exe\u0000';
    const bad = htmlReport(
      { ...scenario, title: hostile, text: hostile, source: hostile, seeds: [hostile, hostile] },
      judgement({
        digest: hostile,
        problems: [hostile],
        verdicts: [{ ...verdict, expectation: hostile, text: hostile, parts: [] }],
        plots: [
          {
            ...plot,
            title: hostile,
            x: hostile,
            y: hostile,
            series: [{ label: hostile, points: [{ x: hostile, y: 1, low: undefined, high: undefined }] }],
            kind: "bars",
            published: [],
          },
        ],
      }),
      { what: hostile, build: hostile, command: hostile },
    );
    expect(bad).not.toContain("<script");
    expect(bad.match(/<\/style>/g)?.length).toBe(1);
    expect(bad).not.toMatch(/[\u202e\0]/);
    expect(bad).toContain("\\u202egnp.exe\\u0000");
  });

  test("tells a miss and what cannot be judged apart", () => {
    const missed = { ...verdict, passed: false, parts: [] };
    const unknown = { ...missed, undefinedNames: ["pth"] };
    const bad = htmlReport(scenario, judgement({ verdicts: [{ ...verdict, parts: [] }, missed, unknown] }), facts);
    expect(bad).toContain("1 of 3 expectations missed, 1 cannot be judged");
    expect(bad.match(/class="state good"|class="state bad"|class="state open"/g)?.length).toBe(3);
  });

  test("is the same text for the same run", () => {
    expect(htmlReport(scenario, judgement(), facts)).toBe(page);
  });
});

describe("a plot", () => {
  /** Every number in the picture's coordinates. */
  const coordinates = (svg: string): number[] =>
    [...svg.matchAll(/ (?:d|x|y|cx|cy|width|height)="([^"]*)"/g)]
      .flatMap(([, text]) => (text ?? "").match(/-?\d+(\.\d+)?/g) ?? [])
      .map(Number);

  test("keeps everything within its picture, whatever the values", () => {
    const values = [0, 1e-9, 1e12, -5, 0.3, 7];
    for (const kind of ["line", "bars"] as const) {
      for (const scale of ["linear", "log"] as const) {
        const points = values.map((y, x) => ({
          x,
          y: kind === "bars" ? Math.abs(y) : y,
          low: undefined,
          high: undefined,
        }));
        const svg = svgPlot({ ...plot, kind, xScale: scale, yScale: scale, series: [{ label: "", points }] }, "p").text;
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        for (const number of coordinates(svg)) expect(Math.abs(number)).toBeLessThanOrEqual(770);
      }
    }
  });

  test("of a single value, and of none, is drawn", () => {
    for (const points of [[], [{ x: 3, y: 4, low: undefined, high: undefined }]]) {
      const svg = svgPlot({ ...plot, series: [{ label: "", points }], published: [] }, "p").text;
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test("cuts the interval of what is never negative at 0", () => {
    const points = [0, 1].map((x) => ({ x, y: 0.1, low: -5, high: 0.2 }));
    const svg = svgPlot({ ...plot, series: [{ label: "", points }], published: [] }, "p").text;
    const band = /class="band s0" d="([^"]*)"/.exec(svg)?.[1] ?? "";
    const axis = Number(/class="axis" d="M60 ([\d.]+)H/.exec(svg)?.[1]);
    const heights = [...band.matchAll(/ ([\d.]+)/g)].map(([, height]) => Number(height));
    expect(Math.max(...heights)).toBe(axis);
    expect(svg).not.toContain("−");
  });

  test("draws bars as high as their values are", () => {
    const points = [1, 2].map((y, x) => ({ x, y, low: undefined, high: undefined }));
    const svg = svgPlot({ ...plot, kind: "bars", series: [{ label: "", points }], published: [] }, "p").text;
    const heights = [...svg.matchAll(/class="bar s0"[^>]* height="([\d.]+)"/g)].map(([, height]) => Number(height));
    expect((heights[1] as number) / (heights[0] as number)).toBeCloseTo(2, 2);
  });
});

describe("an axis", () => {
  test("has ticks at round numbers and holds all values", () => {
    expect(axisScale([0.13, 0.87], "linear", { fromZero: false }).ticks).toEqual([
      0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9,
    ]);
    expect(axisScale([3, 41], "linear", { fromZero: true }).ticks).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
    expect(axisScale([-3, 4], "linear", { fromZero: true }).ticks).toEqual([-3, -2, -1, 0, 1, 2, 3, 4]);
    expect(axisScale([], "linear", { fromZero: false }).ticks.length).toBeGreaterThan(1);
    expect(axisScale([5, 5], "linear", { fromZero: false }).share(5)).toBeLessThanOrEqual(1);
  });

  test("of powers gives each power the same room", () => {
    const axis = axisScale([8, 1_000_000], "log", { fromZero: false });
    expect(axis.ticks).toEqual([10, 100, 1000, 10_000, 100_000, 1_000_000]);
    expect(axis.share(1000) - axis.share(100)).toBeCloseTo(axis.share(100) - axis.share(10), 12);
    expect(axisScale([3, 40], "log", { fromZero: false }).ticks).toEqual([2, 5, 10, 20, 50]);
    expect(axisScale([0.001, 0.001], "log", { fromZero: false }).ticks).toEqual([0.001, 0.002]);
    // Where nothing can be a power, it is a plain one.
    expect(axisScale([0, 4], "log", { fromZero: false }).ticks[0]).toBe(0);
  });
});

test("numbers have the digits that say something, and those of a column line up", () => {
  expect([10.830999, 1234, 12_345.6, 0, -0.5, 1e-7, 2e20, undefined].map((value) => numberText(value))).toEqual([
    "10.83",
    "1234",
    "12\u202f346",
    "0",
    "−0.5",
    "1 × 10^−7",
    "2 × 10^20",
    "—",
  ]);
  expect(columnTexts([3.84, 0.6, 5.1, undefined])).toEqual(["3.84", "0.60", "5.10", "—"]);
  expect(columnTexts([3.79886, 0.428809])).toEqual(["3.799", "0.429"]);
  expect(columnTexts([1, 2, 30_000])).toEqual(["1", "2", "30\u202f000"]);
  expect(columnTexts([100.5, 0.0004, 1e-9])).toEqual(["100.50", "0.0004", "1 × 10^−9"]);
  expect([0.004, -0.285, 0.00001].map(percentText)).toEqual(["+0.4\u202f%", "−28.5\u202f%", "0.0\u202f%"]);
});

describe("CSV", () => {
  test("quotes what needs it, and ends lines as RFC 4180 says", () => {
    const table = {
      columns: ["a", "b, c"],
      rows: [
        [1, 'say "hi"'],
        [0.5, "two\nlines"],
        [Number.NaN, ""],
      ],
    };
    expect(csvText(table)).toBe('a,"b, c"\r\n1,"say ""hi"""\r\n0.5,"two\nlines"\r\n,\r\n');
  });

  test("makes no text a formula, and leaves numbers alone", () => {
    const rows = [
      ["=1+1", -1],
      ["+1", 1e21],
      ["-1", 0],
      ["@x", 0],
      ["\t=1", 0],
    ];
    expect(csvText({ columns: ["t", "n"], rows })).toBe(
      "t,n\r\n'=1+1,-1\r\n'+1,1e+21\r\n'-1,0\r\n'@x,0\r\n'\t=1,0\r\n",
    );
  });
});

describe("a trace", () => {
  test("is read back as it was written", () => {
    const events = [
      { tick: 1012, kind: "message", to: 4, from: 0, message: "query", bytes: 31 },
      { tick: 1012, kind: "timer", to: 4, from: 2, message: undefined, bytes: 0 },
    ] as const;
    expect(events.map(traceLine).join("")).toBe(
      '{"t":1012,"e":"message","to":4,"from":0,"m":"query","b":31}\n{"t":1012,"e":"timer","to":4,"from":2}\n',
    );
    expect(events.map((event) => parseTraceLine(traceLine(event)))).toEqual(
      events.map((value) => ({ ok: true, value })),
    );
    const head = traceHeadLine({ title: 'a "b"', seed: "7", build: "1", fidelity: "wire" });
    expect(JSON.parse(head)).toEqual({
      schema: "servent.trace/1",
      title: 'a "b"',
      seed: "7",
      build: "1",
      fidelity: "wire",
    });
  });

  test("of other making is a problem in words", () => {
    const lines = [
      "",
      "[]",
      '{"t":-1}',
      '{"t":1,"e":"boom","to":1,"from":1}',
      '{"t":1,"e":"timer","to":1,"from":1,"m":5}',
      "x".repeat(2000),
    ];
    expect(lines.map((line) => parseTraceLine(line).ok)).toEqual([false, false, false, false, false, false]);
  });
});

test("markup that a template was given is not escaped again, anything else is", () => {
  expect(html`<p title="${'"'}">${html`<b>${"<"}</b>`}${["a", 1]}${undefined}</p>`.text).toBe(
    '<p title="&#34;"><b>&#60;</b>a1</p>',
  );
});
