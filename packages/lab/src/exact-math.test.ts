import { expect, test } from "vitest";
import { acos, ANGLE_MAX, atan, cos, exp, gamma, ln, lnGamma, normalQuantile, PI, power, sin } from "./exact-math.ts";
import { RandomStream } from "./engine/random.ts";

const CLOSE = 1e-11;

function points(name: string, least: number, most: number, count = 20_000): number[] {
  const random = new RandomStream("exact-math", name);
  return Array.from({ length: count }, () => least + ((most - least) * random.u32()) / 2 ** 32);
}

/** The largest relative difference; where the true value is near 0, relative to `floor`. */
function worst(xs: readonly number[], f: (x: number) => number, truth: (x: number) => number, floor = 0): number {
  return Math.max(...xs.map((x) => Math.abs(f(x) - truth(x)) / Math.max(Math.abs(truth(x)), floor)));
}

function bitsOf(x: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

test("each function is the built-in one to eleven digits", () => {
  const scales = points("scales", -300, 300).map((digits) => 10 ** digits);
  expect(worst(scales, ln, Math.log)).toBeLessThan(CLOSE);
  expect(worst(points("near-1", 0.5, 2), ln, Math.log)).toBeLessThan(CLOSE);
  expect(worst(points("exp", -700, 700), exp, Math.exp)).toBeLessThan(CLOSE);
  for (const [name, ours, builtIn] of [
    ["sin", sin, Math.sin],
    ["cos", cos, Math.cos],
  ] as const) {
    expect(worst(points(name, -10, 10), ours, builtIn)).toBeLessThan(CLOSE);
    expect(worst(points(`${name}-far`, -ANGLE_MAX, ANGLE_MAX), ours, builtIn)).toBeLessThan(CLOSE);
  }
  expect(worst(points("atan", -50, 50), atan, Math.atan)).toBeLessThan(CLOSE);
  expect(worst(points("acos", -1, 1), acos, Math.acos)).toBeLessThan(CLOSE);
  for (const exponent of [-3.7, -1, 0.5, 1 / 3, 2.3, 12]) {
    const raised = worst(
      points("power", 0.001, 500),
      (x) => power(x, exponent),
      (x) => x ** exponent,
    );
    expect(raised).toBeLessThan(CLOSE);
  }
});

test("the ends of the range are those of the built-in functions", () => {
  expect([ln(0), ln(-1), ln(Infinity), ln(1)]).toEqual([-Infinity, NaN, Infinity, 0]);
  expect([exp(-Infinity), exp(Infinity), exp(NaN), exp(0)]).toEqual([0, Infinity, NaN, 1]);
  expect([exp(709.7), exp(710), exp(-746)]).toEqual([expect.closeTo(Math.exp(709.7), -300), Infinity, 0]);
  expect([power(0, 2), power(0, 0), power(7, 1)]).toEqual([0, 1, 7]);
  // Below the smallest number with all its bits.
  expect(exp(-740)).toBe(Math.exp(-740));
  expect(ln(5e-324)).toBeCloseTo(Math.log(5e-324), 11);
  expect([acos(1), acos(-1), acos(0)]).toEqual([0, PI, expect.closeTo(PI / 2, 14)]);
});

test("an angle and its opposite have the same cosine, bit for bit", () => {
  for (const x of [...points("angles", 0, 100, 1000), PI / 4, (3 * PI) / 4, PI / 2]) {
    expect(cos(-x)).toBe(cos(x));
    expect(sin(-x)).toBe(-sin(x));
  }
});

test("what no function is defined for is our own fault", () => {
  expect(() => power(-1, 2)).toThrow("not negative");
  expect(() => sin(2 * ANGLE_MAX)).toThrow("ANGLE_MAX");
  expect(() => normalQuantile(0)).toThrow("between 0 and 1");
  expect(() => lnGamma(0)).toThrow("positive");
  expect(() => acos(1.1)).toThrow("between -1 and 1");
});

test("the quantiles of the normal distribution are those of its tables", () => {
  // From a program with 60 digits.
  const table = [
    [0.975, 1.959963984540054],
    [0.8, 0.8416212335729143],
    [0.5, 0],
    [0.001, -3.090232306167814],
    [1e-10, -6.361340902404],
    [1e-100, -21.27345356096532],
  ] as const;
  for (const [share, value] of table) expect(normalQuantile(share)).toBeCloseTo(value, 11);
});

test("the gamma function continues the factorials", () => {
  let factorial = 1;
  for (let n = 1; n < 30; n++) {
    expect(Math.abs(gamma(n) / factorial - 1)).toBeLessThan(1e-12);
    factorial *= n;
  }
  expect(gamma(0.5)).toBeCloseTo(Math.sqrt(PI), 11);
  expect(lnGamma(1000)).toBeCloseTo(5905.220423209181, 8);
});

test("the bits are those of every other engine", () => {
  const pinned: readonly (readonly [number, string])[] = [
    [ln(2), "3fe62e42fefa39ef"],
    [ln(0.3), "bff34378fcbda721"],
    [ln(123456.789), "40277281cad8a844"],
    [exp(1), "4005bf0a8b14576a"],
    [exp(-0.123), "3fec4be34ef7ad4e"],
    [exp(345.678), "5f1a22ad25ccb60e"],
    [power(10, 0.3), "3fffec982d5bb8b0"],
    [power(0.7, -5.5), "401c722b30ead451"],
    [sin(1), "3feaed548f090cee"],
    [sin(12345.678), "bfe687d5890974a5"],
    [cos(1), "3fe14a280fb5068c"],
    [cos(-98765.4321), "3feff8afef125a18"],
    [atan(0.7), "3fe38b112d7bd4ad"],
    [acos(-0.3), "3ffe0200bbc96ad7"],
    [normalQuantile(0.01), "c0029c5c4630ff0e"],
    [normalQuantile(0.6), "3fd036d6c4a04b59"],
    [normalQuantile(1e-20), "c022865170b43a4b"],
    [lnGamma(3.7), "3ff6d9625e359b90"],
  ];

  expect(pinned.map(([value]) => bitsOf(value))).toEqual(pinned.map(([, bits]) => bits));
});
