import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXPECTATION_LENGTH_MAX, parseExpectation, parseReference, referenceText } from "./expectation-syntax.ts";
import { judgeExpectation, showNumber, type Values, type Verdict } from "./expectations.ts";

const FOUND: Readonly<Record<string, number>> = {
  mean: 10.831,
  wrong: 0,
  "timeouts.p10": 1.17,
  "count(msg=query)": 39,
  "reached(query#0)": 39,
  "path[p=0.1]": 4.03,
  "low mean": 10.82,
  "high mean": 10.84,
  share: 0.04,
  latency: 480,
};

const values: Values = {
  lookup: (reference, spread) => {
    const key = referenceText(reference);
    return spread === "mean" ? FOUND[key] : FOUND[`${spread} ${key}`];
  },
  explain: (reference) => `there is no value "${referenceText(reference)}"`,
};

function judge(text: string): Verdict {
  const parsed = parseExpectation(text);
  if (!parsed.ok) throw new Error(`${parsed.at}: ${parsed.problem}, expected ${parsed.expected}`);
  return judgeExpectation(parsed.value, values);
}

function problemOf(text: string): { at: number; problem: string; expected: string } {
  const parsed = parseExpectation(text);
  if (parsed.ok) throw new Error("the text is an expectation");
  const { at, problem, expected } = parsed;
  return { at, problem, expected };
}

describe("comparisons", () => {
  test.each([
    ["mean == 10.83 +- 0.02", true],
    ["mean == 10.85 +- 0.018", false],
    ["mean != 10.83 +- 0.02", false],
    ["mean == 10.4 +- 5%", true],
    ["mean == 10 +- 5%", false],
    ["mean == 10.83 ± 0.02", true],
    ["wrong == 0", true],
    ["wrong != 0", false],
    ["wrong < 0", false],
    ["wrong <= 0", true],
    ["timeouts.p10 > 1", true],
    ["timeouts.p10 >= 1.17", true],
    ["count(msg=query) == 39", true],
    ["count( msg = query )==39", true],
    ["reached(query#0) == count(msg=query)", true],
    ["path[p=0.1] == 3.84 * 1.05 +- 4%", true],
    ["share == 4%", true],
    ["latency < 500ms", true],
    ["latency < 0.4s", false],
    ["(1 + 2) * 3 - 4 / 2 == 7", true],
    ["-(2) - -3 == 1", true],
    ["2 - 3 - 4 == -5", true],
    ["8 / 4 / 2 == 1", true],
    ["0.5 * log2(4096) - 0.14 == 5.86 +- 0.0001", true],
    ["abs(-3) + sqrt(16) + ln(1) == 7", true],
    ["low(mean) > 10.81 and high(mean) < 10.85", true],
  ])("%s is judged as %s", (text, passed) => {
    expect(judge(text).passed).toBe(passed);
  });

  test("the end of a tolerance belongs to it, whatever the rounding of binary numbers", () => {
    expect(judge("10.85 == 10.83 +- 0.02").passed).toBe(true);
    expect(judge("10.81 == 10.83 +- 0.02").passed).toBe(true);
    // In binary 0.8 - 0.7 is a little more than 0.1.
    expect(judge("0.8 == 0.7 +- 0.1").passed).toBe(true);
    expect(judge("10.8500001 == 10.83 +- 0.02").passed).toBe(false);
  });

  test("`and` binds more tightly than `or`, and `not` more than both", () => {
    expect(judge("1 == 1 or 1 == 1 and 1 == 2").passed).toBe(true);
    expect(judge("(1 == 1 or 1 == 1) and 1 == 2").passed).toBe(false);
    expect(judge("not 1 == 2 and 1 == 1").passed).toBe(true);
    expect(judge("not (1 == 1 or 1 == 2)").passed).toBe(false);
  });

  test("what is not a number meets nothing, not even being different", () => {
    expect(judge("0 / 0 == 0").passed).toBe(false);
    expect(judge("0 / 0 != 0").passed).toBe(false);
    expect(judge("ln(-1) < 1").passed).toBe(false);
    expect(judge("ln(-1) < 1").text).toBe("ln(-1) was not a number, expected < 1");
  });
});

describe("verdicts", () => {
  test("say what was found and what was expected", () => {
    expect(judge("mean == 10.83 +- 0.02")).toEqual({
      expectation: "mean == 10.83 +- 0.02",
      passed: true,
      left: 10.831,
      right: 10.83,
      text: "mean was 10.831, expected 10.83 +- 0.02",
      undefinedNames: [],
    });
    expect(judge("latency <= 0.4s").text).toBe("latency was 480, expected <= 0.4s");
    expect(judge("mean == 2 * timeouts.p10 +- 4%").text).toBe(
      "mean was 10.831, expected 2 * timeouts.p10 = 2.34 +- 4%",
    );
  });

  test("show more digits where two different numbers would look alike", () => {
    expect(judge("10.83000000001 - 0 == 10.83").text).toBe("10.83000000001 - 0 was 10.83000000001, expected 10.83");
  });

  test("of two joined comparisons give the sides of the one that decided", () => {
    const verdict = judge("wrong == 0 and mean < 5");
    expect(verdict).toMatchObject({ passed: false, left: 10.831, right: 5 });
    expect(verdict.text).toBe("wrong was 0, expected 0; mean was 10.831, expected < 5");
  });

  test("name what nobody knows, and do not pass, even where the other side of an `or` holds", () => {
    for (const text of ["maen == 1 or wrong == 0", "not maen == 1", "min(maen) < 2 or wrong == 0"]) {
      const verdict = judge(text);
      expect(verdict.passed).toBe(false);
      expect(verdict.undefinedNames).toEqual(["maen"]);
      expect(verdict.text).toBe('cannot be judged: there is no value "maen"');
    }
  });
});

describe("mistakes", () => {
  test.each([
    ["", 0, "nothing is expected"],
    ["mean", 4, "nothing is compared"],
    ["mean = 4", 5, '"=" compares nothing'],
    ["mean == ", 8, "the end is not expected here"],
    ["mean == 4 +- ", 13, "the end is not expected here"],
    ["mean < 4 +- 1", 9, 'a tolerance says nothing after "<"'],
    ["mean == 4 5", 10, '"5" is one too many'],
    ["1 < mean < 4", 9, "two comparisons in a row"],
    ["mean == 4 and", 13, "the end is not expected here"],
    ["mean == 4 and wrong", 19, "nothing is compared"],
    ["(mean == 4", 10, "the end stands where a bracket should close"],
    ["mean == 4)", 9, '")" is one too many'],
    ["(mean == 4) + 1 == 2", 0, "this is true or false, and cannot be counted with"],
    ["(mean + 4) and wrong == 0", 0, "a number alone is neither met nor missed"],
    ["mean == 4parsecs", 9, '"parsecs" is no unit'],
    ["count() == 1", 6, '")" is no argument'],
    ["count(msg=) == 1", 10, '")" is no value'],
    ["path[0.1] == 1", 8, "0.1 has no value"],
    ["min(1) == 1", 4, '"1" is no name'],
    ["and == 1", 0, '"and" joins nothing here'],
    ["mean == $", 8, '"$" is not expected here'],
  ])("%j is refused at %i: %s", (text, at, problem) => {
    expect(problemOf(text)).toMatchObject({ at, problem });
    expect(problemOf(text).expected).not.toBe("");
  });

  test("texts that would exhaust memory or stack are refused", () => {
    expect(problemOf(" ".repeat(EXPECTATION_LENGTH_MAX + 1)).problem).toMatch(/has 501 characters/);
    expect(problemOf(`${"(".repeat(200)}1${")".repeat(200)} == 1`).problem).toBe("too many levels");
    expect(problemOf(`1 == ${"-".repeat(300)}1`).problem).toBe("too many levels");
    expect(problemOf(`${"not ".repeat(100)}1 == 1`).problem).toBe("too many levels");
    expect(judge(`${"1+".repeat(200)}1 == 201`).passed).toBe(true);
  });

  test("no text makes the parser throw, and every problem lies within the text", () => {
    const pieces = fc.constantFrom(
      ..."mean wrong path[p=0.1] count(msg=query) low( abs( ( ) + - * / == != < <= +- 4% 10.83 2s and or not [ ] , =".split(
        " ",
      ),
    );
    const texts = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(" ")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseExpectation(text);
        if (parsed.ok) judgeExpectation(parsed.value, values);
        else expect(parsed.at).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 5000 },
    );
  });
});

test("a reference reads back as it was written, without its blanks", () => {
  const reference = parseReference("count( msg = query )[ load.0.ttl = 3, p=0.1 ]");
  expect(reference).toEqual({
    name: "count(msg=query)",
    point: [
      ["load.0.ttl", "3"],
      ["p", "0.1"],
    ],
  });
  expect(reference === undefined ? "" : referenceText(reference)).toBe("count(msg=query)[load.0.ttl=3, p=0.1]");
  const quoted = parseReference("hops[link.latency='uniform(5ms, 9ms)']");
  expect(quoted?.point).toEqual([["link.latency", "uniform(5ms, 9ms)"]]);
  expect(quoted === undefined ? "" : referenceText(quoted)).toBe("hops[link.latency='uniform(5ms, 9ms)']");
  expect(parseReference("a b")).toBeUndefined();
  expect(parseReference("1")).toBeUndefined();
});

test("numbers are shown with the digits that say something", () => {
  expect([10.830999, 1 / 3, 39, 1e-7, 123456.789, 1e21, Number.NaN].map((value) => showNumber(value))).toEqual([
    "10.831",
    "0.333333",
    "39",
    "1e-7",
    "123457",
    "1e+21",
    "not a number",
  ]);
});
