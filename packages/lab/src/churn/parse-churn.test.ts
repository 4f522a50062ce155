import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { exponential, pareto, weibull, type Durations } from "./durations.ts";
import { parseChurn, startChurn, type ChurnPlan } from "./parse-churn.ts";

const MINUTE = 60_000;

function plan(text: string, files?: (name: string) => string | undefined): ChurnPlan {
  const parsed = parseChurn(text, files);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

function draws(durations: Durations): number[] {
  const random = new RandomStream("7", "parse");
  return Array.from({ length: 10 }, () => durations.draw(random) + durations.drawResidual(random));
}

test.each([
  ["exponential(1h, 30m)", exponential(60 * MINUTE), exponential(30 * MINUTE)],
  ["weibull(0.5, 1h, 30m)", weibull(0.5, 60 * MINUTE), weibull(0.5, 30 * MINUTE)],
  ["pareto(3,30m,45m)", pareto(3, 30 * MINUTE), pareto(3, 45 * MINUTE)],
])("%s: sessions and pauses of that kind", (text, up, down) => {
  const parsed = plan(text);
  if (parsed.kind !== "sessions") throw new Error(parsed.kind);
  expect(draws(parsed.up)).toEqual(draws(up));
  expect(draws(parsed.down)).toEqual(draws(down));
});

test("other kinds of churn keep their numbers", () => {
  expect(plan("poisson(0.2)")).toEqual({ kind: "poisson", perSecond: 0.2 });
  expect(plan("flash(1000,10m,30s)")).toEqual({ kind: "flash", peers: 1000, atMs: 600_000, windowMs: 30_000 });
  expect(plan("trace(s.txt)", () => "0 0 5\n")).toMatchObject({ kind: "trace", trace: { peers: 1 } });
});

test("every plan starts a stream of its kind", () => {
  const first = (text: string): { peer: number; at: number; up: boolean } => {
    const random = new RandomStream("7", "start");
    const { peer, at, up } = startChurn(
      plan(text, () => "2 7 9\n"),
      { peers: 100, initial: 50, random },
    );
    return { peer, at, up };
  };
  expect(first("trace(s.txt)")).toEqual({ peer: 2, at: 7, up: true });
  expect(first("flash(10,1m,0s)")).toEqual({ peer: 50, at: MINUTE, up: true });
  expect(first("exponential(1h,1h)").peer).toBeLessThan(100);
  const poisson = first("poisson(1)");
  expect(poisson.up ? poisson.peer === 50 : poisson.peer < 50).toBe(true);
});

test.each([
  ["", "expected a name"],
  ["exponentail(1h,30m)", "expected one of exponential, weibull, pareto, poisson, flash, trace"],
  ["exponential(1h)", "exponential: expected mean session, mean pause, as in exponential(1h,30m), got 1 values"],
  [
    "exponential(1h,thirty)",
    'exponential, mean pause: duration: expected a number with ms, s, m, h or d, got "thirty"',
  ],
  ["exponential(1h,0s)", "exponential, mean pause: expected 1 to 2147483648 ms, got 0s"],
  ["weibull(0.01,1h,1h)", "weibull, shape: expected 0.1 to 10, got 0.01"],
  ["pareto(1,1h,1h)", "pareto, alpha: expected 1.05 to 100, got 1"],
  ["flash(1.5,1h,1h)", 'flash, peers: expected a whole number, got "1.5"'],
  ["trace(gone.txt)", 'there is no file "gone.txt"'],
  ["trace", "expected a file, as in trace(sessions.txt)"],
])("of the text %j it says what was expected", (text, expected) => {
  expect(parseChurn(text)).toEqual({ ok: false, problem: expect.stringContaining(expected) });
});

test("a broken trace is told with its name and line", () => {
  const parsed = parseChurn("trace(s.txt)", () => "0 0 5\nx\n");
  expect(parsed).toEqual({ ok: false, problem: expect.stringContaining("s.txt: session trace, line 2") });
});
