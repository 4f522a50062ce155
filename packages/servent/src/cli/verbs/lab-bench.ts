// `lab bench`: how fast the lab is on this machine, beside what it promises.
import { buildId } from "../../lab/build-id.ts";
import { type BenchResult, type JudgedBound, runBenches } from "../../lab/bench/run-benches.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import type { Style } from "../terminal/colours.ts";
import { tableLines } from "../terminal/table.ts";
import { formatBytes, formatCount } from "../terminal/units.ts";
import { formatRate } from "./lab-progress.ts";
import { valueText } from "./lab-results.ts";

interface Row extends JudgedBound {
  readonly bench: string;
  readonly peers: string;
}

export async function bench({ screen, interrupt }: Context, input: Input): Promise<ExitCode> {
  const quick = input.flag("quick");
  const results = await runBenches({
    quick,
    only: input.list("only"),
    signal: interrupt,
    onStart: ({ name, summary }) => screen.note(`${name}: ${summary} …`),
  });
  if (interrupt.aborted) return EXIT.interrupted;
  const isMissed = results.some(({ bounds }) => bounds.some(({ met }) => met === false));
  if (screen.isJson) {
    screen.json({
      schema: "servent.lab-bench/1",
      build: buildId(),
      node: process.versions.node,
      quick,
      items: results.map((result) => ({ ...result, eventsPerCpuSecond: (1000 * result.events) / result.cpuMs })),
    });
  } else {
    screen.lines(
      tableLines<Row>(
        results.flatMap(rowsOf),
        [
          { title: "BENCH", value: (row) => row.bench },
          { title: "PEERS", value: ({ peers }) => peers, align: "right" },
          { title: "FIGURE", value: ({ what }) => what },
          { title: "HERE", value: (row) => figureText(row.what, row.here), align: "right" },
          { title: "PROMISED", value: (row) => promisedText(row) },
          {
            title: "",
            value: ({ met }) => (met === undefined ? "" : met ? "met" : "missed"),
            style: (row) => styleOf(row),
          },
        ],
        screen.layout,
      ),
    );
    if (isMissed) screen.sum("other work on this machine slows it down; measure on a quiet one");
  }
  return isMissed ? EXIT.checkFailed : EXIT.done;
}

function rowsOf({ name, peers, residentBytes, bounds }: BenchResult): Row[] {
  const hasMemory = bounds.some(({ what }) => what === MEMORY);
  const all = hasMemory ? bounds : [...bounds, { what: MEMORY, here: residentBytes, met: undefined }];
  return all.map((bound, i) => ({ ...bound, bench: i === 0 ? name : "", peers: i === 0 ? formatCount(peers) : "" }));
}

const MEMORY = "peak of memory";

function figureText(what: string, value: number | undefined): string {
  if (value === undefined) return "–";
  if (what === MEMORY) return formatBytes(value);
  return what.startsWith("events") ? formatRate(value) : valueText(value);
}

function promisedText({ what, least, most }: JudgedBound): string {
  const text = (bound: number): string => figureText(what, bound);
  if (least !== undefined && most !== undefined) return `${text(least)} to ${text(most)}`;
  if (least !== undefined) return `at least ${text(least)}`;
  if (most === undefined) return "";
  return most === 0 ? "none" : `at most ${text(most)}`;
}

function styleOf({ met }: JudgedBound): Style | undefined {
  return met === undefined ? undefined : met ? "green" : "red";
}
