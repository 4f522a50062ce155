// Judges an expectation against the values that a run found: met, missed, or not to be judged because it names what nobody
// found. That is never taken for a miss in silence: the verdict says which name, and which one was likely meant.
import { ln } from "../exact-math.ts";
import {
  type Expectation,
  type Numeric,
  type Reference,
  type Relation,
  type Side,
  type Spread,
  type Truth,
  referencesOf,
  referenceText,
} from "./expectation-syntax.ts";

/** What is known where an expectation is judged. */
export interface Values {
  lookup(reference: Reference, spread: Spread): number | undefined;
  /** Why `lookup` found nothing, as a sentence without its full stop. */
  explain(reference: Reference, spread: Spread): string;
}

export interface Verdict {
  readonly expectation: string;
  readonly passed: boolean;
  /** The two sides of the comparison that decided; undefined where a name is unknown. */
  readonly left: number | undefined;
  readonly right: number | undefined;
  /** `mean was 10.831, expected 10.83 +- 0.02`. */
  readonly text: string;
  /** Names that nobody knows; where there is one, nothing was judged, and `passed` is false. */
  readonly undefinedNames: readonly string[];
}

/** So little is rounding, not a miss: 10.85 is within 10.83 +- 0.02. A share of the larger side. */
const ROUNDING = 1e-12;

export function judgeExpectation(expectation: Expectation, values: Values): Verdict {
  const unknown = unknownIn(expectation.tree, values);
  if (unknown.length > 0) {
    return {
      expectation: expectation.text,
      passed: false,
      left: undefined,
      right: undefined,
      text: `cannot be judged: ${unknown.map(({ reason }) => reason).join("; ")}`,
      undefinedNames: unknown.map(({ name }) => name),
    };
  }
  const outcome = judge(expectation.tree, values);
  return { expectation: expectation.text, ...outcome, undefinedNames: [] };
}

function unknownIn(tree: Truth, values: Values): { readonly name: string; readonly reason: string }[] {
  const found = new Map<string, string>();
  for (const { reference, spread } of referencesOf(tree)) {
    if (values.lookup(reference, spread) !== undefined) continue;
    found.set(referenceText(reference), values.explain(reference, spread));
  }
  return Array.from(found, ([name, reason]) => ({ name, reason }));
}

interface Outcome {
  readonly passed: boolean;
  readonly left: number | undefined;
  readonly right: number | undefined;
  readonly text: string;
}

function judge(truth: Truth, values: Values): Outcome {
  switch (truth.kind) {
    case "comparison":
      return compare(truth, values);
    case "not": {
      const { passed, left, right, text } = judge(truth.of, values);
      return { passed: !passed, left, right, text: `not (${text})` };
    }
    case "and":
    case "or": {
      const first = judge(truth.left, values);
      const second = judge(truth.right, values);
      const passed = truth.kind === "and" ? first.passed && second.passed : first.passed || second.passed;
      // The side that decided: the one that failed an `and`, or met an `or`.
      const decisive = first.passed === passed ? first : second;
      return { passed, left: decisive.left, right: decisive.right, text: `${first.text}; ${second.text}` };
    }
  }
}

function compare(comparison: Extract<Truth, { kind: "comparison" }>, values: Values): Outcome {
  const { relation, tolerance } = comparison;
  const left = valueOf(comparison.left.value, values);
  const right = valueOf(comparison.right.value, values);
  const within = tolerance === undefined ? undefined : toleranceOf(tolerance.value, right, values);
  const passed = holds(relation, left, right, within);
  const [shownLeft, shownRight] = showApart(left, right);
  const wanted = shownSide(comparison.right, shownRight);
  const shownTolerance = tolerance === undefined ? "" : ` +- ${tolerance.text}`;
  const before = relation === "==" ? "" : relation === "!=" ? "not " : `${relation} `;
  const subject = comparison.left.value.kind === "number" ? "the left side" : comparison.left.text;
  return { passed, left, right, text: `${subject} was ${shownLeft}, expected ${before}${wanted}${shownTolerance}` };
}

/** A plain number as it was written, anything else with its value. */
function shownSide(side: Side, shown: string): string {
  return side.value.kind === "number" ? side.text : `${side.text} = ${shown}`;
}

function toleranceOf(tolerance: Numeric, right: number, values: Values): number {
  const value = valueOf(tolerance, values);
  return tolerance.kind === "number" && tolerance.isPercentage ? value * Math.abs(right) : value;
}

function holds(relation: Relation, left: number, right: number, within: number | undefined): boolean {
  switch (relation) {
    case "==":
      return within === undefined ? left === right : isNear(left, right, within);
    case "!=":
      // What is not a number is not known to differ either.
      if (Number.isNaN(left) || Number.isNaN(right)) return false;
      return within === undefined ? left !== right : !isNear(left, right, within);
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

function isNear(left: number, right: number, within: number): boolean {
  return Math.abs(left - right) <= within + ROUNDING * Math.max(Math.abs(left), Math.abs(right));
}

function valueOf(value: Numeric, values: Values): number {
  switch (value.kind) {
    case "number":
      return value.value;
    case "reference":
      // Every name was looked up before anything is judged.
      return values.lookup(value.reference, value.spread) as number;
    case "negative":
      return -valueOf(value.of, values);
    case "function":
      return apply(value.name, valueOf(value.of, values));
    case "arithmetic": {
      const left = valueOf(value.left, values);
      const right = valueOf(value.right, values);
      switch (value.operator) {
        case "+":
          return left + right;
        case "-":
          return left - right;
        case "*":
          return left * right;
        case "/":
          return left / right;
      }
    }
  }
}

function apply(name: "abs" | "sqrt" | "ln" | "log2", value: number): number {
  switch (name) {
    case "abs":
      return Math.abs(value);
    case "sqrt":
      return Math.sqrt(value);
    case "ln":
      return value > 0 ? ln(value) : Number.NaN;
    case "log2":
      return value > 0 ? ln(value) / ln(2) : Number.NaN;
  }
}

/** Digits that a person reads; more only where two different numbers would look the same. */
const DIGITS = 6;

/** A number with at most so many significant digits, and none that says nothing. */
export function showNumber(value: number, digits = DIGITS): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "infinite" : "-infinite";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(digits)));
}

/** Both numbers, with as many digits as it takes to tell them apart. */
function showApart(left: number, right: number): readonly [string, string] {
  for (let digits = DIGITS; digits < 17; digits++) {
    const shown = [showNumber(left, digits), showNumber(right, digits)] as const;
    if (shown[0] !== shown[1] || left === right) return shown;
  }
  return [String(left), String(right)];
}
