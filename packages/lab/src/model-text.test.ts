import { expect, test } from "vitest";
import { parseCall, parseDuration, parseNumber, parseValues, quoted, type Form } from "./model-text.ts";

const form: Form = {
  example: "wait(5s,0.5,3)",
  parameters: [
    { name: "time", kind: "duration", least: 1, most: 10_000 },
    { name: "share", kind: "number", least: 0, most: 1 },
    { name: "times", kind: "count", least: 1, most: 5 },
  ],
};

test("a call is a name and values, spaces anywhere between them", () => {
  expect(parseCall("wait(5s,0.5,3)")).toEqual({ ok: true, value: { name: "wait", values: ["5s", "0.5", "3"] } });
  expect(parseCall("  two-words ( a , b )  ")).toEqual({ ok: true, value: { name: "two-words", values: ["a", "b"] } });
  expect(parseCall("plain")).toEqual({ ok: true, value: { name: "plain", values: [] } });
  expect(parseCall("plain()")).toEqual({ ok: true, value: { name: "plain", values: [] } });
  for (const bad of ["", "5ms", "a(b", "a)b", "a(b)c", "a((b))", "Upper", "a b"]) expect(parseCall(bad).ok).toBe(false);
});

test("values become numbers, durations milliseconds", () => {
  expect(parseValues({ name: "wait", values: ["5s", "0.5", "3"] }, form)).toEqual({ ok: true, value: [5000, 0.5, 3] });
});

test.each([
  [["5s"], "wait: expected time, share, times, as in wait(5s,0.5,3), got 1 values"],
  [["5", "0.5", "3"], 'wait, time: duration: expected a number with ms, s, m, h or d, got "5"'],
  [["5s", "half", "3"], 'wait, share: number: expected a number such as 0.5, got "half"'],
  [["5s", "0.5", "3.5"], 'wait, times: expected a whole number, got "3.5"'],
  [["1h", "0.5", "3"], "wait, time: expected 1 to 10000 ms, got 1h"],
  [["5s", "2", "3"], "wait, share: expected 0 to 1, got 2"],
])("of the values %j it says which is wrong", (values, problem) => {
  expect(parseValues({ name: "wait", values }, form)).toEqual({ ok: false, problem });
});

test("durations have a unit, numbers none; neither has a sign or an exponent", () => {
  const ms = ["0ms", "1.5ms", "2s", "30m", "1h", "2d"].map((text) => parseDuration(text));
  expect(ms.map((parsed) => parsed.ok && parsed.value)).toEqual([0, 1.5, 2000, 1_800_000, 3_600_000, 172_800_000]);
  for (const bad of ["", "5", "ms", "-1s", "1e3s", "1 s", "5.s", ".5s", "1w", "99d"])
    expect(parseDuration(bad).ok).toBe(false);
  for (const bad of ["", "-1", "1e3", "0x10", ".5", "Infinity", "1_000"]) expect(parseNumber(bad).ok).toBe(false);
});

test("a quoted text is short and has no control characters", () => {
  expect(quoted("a\nb")).toBe('"a\\nb"');
  expect(quoted("x".repeat(100))).toBe(`"${"x".repeat(40)}…"`);
});
