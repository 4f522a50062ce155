// What a scenario expects, as text and as a tree: `mean == 10.83 +- 0.02`, `wrong == 0 and low(success) > 99%`.
//
//   expectation   alternative, where everything is true or false
//   alternative   conjunction { "or" conjunction }
//   conjunction   negation { "and" negation }
//   negation      "not" negation | comparison
//   comparison    sum ( "==" | "!=" ) sum [ "+-" sum ]  |  sum ( "<" | "<=" | ">" | ">=" ) sum  |  "(" alternative ")"
//   sum           product { ( "+" | "-" ) product }
//   product       sign { ( "*" | "/" ) sign }
//   sign          "-" sign | number | function "(" … ")" | name | "(" sum ")"
//   name          word { "." word } [ "(" argument { "," argument } ")" ] [ "[" setting "=" value { "," … } "]" ]
//   argument      value | word "=" value; a value of other characters than letters, digits and . _ # : / - stands in '…'
//
// Numbers may have a unit: ms, s, m and h give milliseconds, % a hundredth. After `+-` a percentage is a share of the right
// side. `mean min max low high` ask for a name over all seeds (low and high are the ends of the 95 % interval of the mean); a
// bare name is its mean. `abs sqrt ln log2` take any number.

export type Spread = "mean" | "min" | "max" | "low" | "high";
export type MathFunction = "abs" | "sqrt" | "ln" | "log2";
export type Relation = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A value that somebody else knows. */
export interface Reference {
  /** With its arguments: `mean`, `count(msg=query)`. */
  readonly name: string;
  /** The point of a sweep that is meant, as far as it is said. */
  readonly point: readonly (readonly [setting: string, value: string])[];
}

export type Numeric =
  | { readonly kind: "number"; readonly value: number; readonly isPercentage: boolean }
  | { readonly kind: "reference"; readonly reference: Reference; readonly spread: Spread }
  | { readonly kind: "function"; readonly name: MathFunction; readonly of: Numeric }
  | { readonly kind: "negative"; readonly of: Numeric }
  | {
      readonly kind: "arithmetic";
      readonly operator: "+" | "-" | "*" | "/";
      readonly left: Numeric;
      readonly right: Numeric;
    };

/** A number and the text that it was written as. */
export interface Side {
  readonly value: Numeric;
  readonly text: string;
}

export type Truth =
  | {
      readonly kind: "comparison";
      readonly relation: Relation;
      readonly left: Side;
      readonly right: Side;
      readonly tolerance: Side | undefined;
    }
  | { readonly kind: "and" | "or"; readonly left: Truth; readonly right: Truth }
  | { readonly kind: "not"; readonly of: Truth };

export interface Expectation {
  readonly text: string;
  readonly tree: Truth;
}

export type ParsedExpectation =
  | { readonly ok: true; readonly value: Expectation }
  /** `at` counts characters from 0. */
  | { readonly ok: false; readonly at: number; readonly problem: string; readonly expected: string };

/** Longer than anybody writes; it also bounds the tree. */
export const EXPECTATION_LENGTH_MAX = 500;
/** Parentheses, signs and `not`s within each other, so that no text can exhaust the stack. */
const DEPTH_MAX = 32;

const SPREADS: readonly string[] = ["mean", "min", "max", "low", "high"] satisfies Spread[];
const MATH_FUNCTIONS: readonly string[] = ["abs", "sqrt", "ln", "log2"] satisfies MathFunction[];
const RELATIONS: readonly Relation[] = ["==", "!=", "<=", ">=", "<", ">"];
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const UNIT = /[A-Za-z]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y;
const ARGUMENT = /\s*(?:[A-Za-z0-9_.#:/-]+|'[^']*')\s*/y;
const PLAIN_ARGUMENT = /^[A-Za-z0-9_.#:/-]+$/;
const BLANKS = /\s*/y;
const VALUE_EXPECTED = "a number or a name";

/** Reads an expectation; the tree is known to compare numbers with numbers. */
export function parseExpectation(text: string): ParsedExpectation {
  if (text.length > EXPECTATION_LENGTH_MAX) {
    const problem = `the expectation has ${text.length} characters`;
    return { ok: false, at: EXPECTATION_LENGTH_MAX, problem, expected: `at most ${EXPECTATION_LENGTH_MAX}` };
  }
  try {
    return { ok: true, value: { text: text.trim(), tree: new ExpectationParser(text).whole() } };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { ok: false, at: error.at, problem: error.message, expected: error.expected };
  }
}

/** Every name that the expectation speaks of, and what it asks of it. */
export function referencesOf(tree: Truth): Extract<Numeric, { kind: "reference" }>[] {
  const found: Extract<Numeric, { kind: "reference" }>[] = [];
  const visitNumber = (value: Numeric): void => {
    switch (value.kind) {
      case "number":
        return;
      case "reference":
        found.push(value);
        return;
      case "function":
      case "negative":
        visitNumber(value.of);
        return;
      case "arithmetic":
        visitNumber(value.left);
        visitNumber(value.right);
    }
  };
  const visit = (truth: Truth): void => {
    switch (truth.kind) {
      case "comparison":
        for (const side of [truth.left, truth.right, truth.tolerance]) if (side !== undefined) visitNumber(side.value);
        return;
      case "not":
        visit(truth.of);
        return;
      default:
        visit(truth.left);
        visit(truth.right);
    }
  };
  visit(tree);
  return found;
}

/** Reads one name with its arguments and point, as tables of published values have it; undefined where it is none. */
export function parseReference(text: string): Reference | undefined {
  if (text.length > EXPECTATION_LENGTH_MAX) return undefined;
  try {
    return new ExpectationParser(text).onlyReference();
  } catch (error) {
    if (error instanceof SyntaxProblem) return undefined;
    throw error;
  }
}

export function referenceText({ name, point }: Reference): string {
  if (point.length === 0) return name;
  const parts = point.map(([setting, value]) => `${setting}=${PLAIN_ARGUMENT.test(value) ? value : `'${value}'`}`);
  return `${name}[${parts.join(", ")}]`;
}

class SyntaxProblem extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, problem: string, expected: string) {
    super(problem);
    this.at = at;
    this.expected = expected;
  }
}

/** What a parenthesis may hold: it is known only when it was read. */
type Either = { readonly is: "number"; readonly value: Numeric } | { readonly is: "truth"; readonly value: Truth };

class ExpectationParser {
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): Truth {
    const start = this.skipBlanks();
    if (start === this.text.length) throw this.problem("nothing is expected", "a comparison like `mean < 5`");
    const tree = this.truth(this.alternative(), start);
    if (this.skipBlanks() < this.text.length) {
      throw this.problem(`${this.here()} is one too many`, "`and`, `or`, or the end");
    }
    return tree;
  }

  onlyReference(): Reference {
    this.skipBlanks();
    const name = this.match(NAME);
    if (name === undefined) throw this.problem(`${this.here()} is no name`, "a name");
    const reference = this.reference(name);
    if (this.skipBlanks() < this.text.length) throw this.problem(`${this.here()} is one too many`, "the end");
    return reference;
  }

  private alternative(): Either {
    return this.chain("or", () => this.chain("and", () => this.negation()));
  }

  private chain(word: "and" | "or", part: () => Either): Either {
    const start = this.skipBlanks();
    let left = part();
    while (this.takeWord(word)) {
      const before = this.truth(left, start);
      const rightStart = this.skipBlanks();
      const right = this.truth(part(), rightStart);
      left = { is: "truth", value: { kind: word, left: before, right } };
    }
    return left;
  }

  private negation(): Either {
    if (!this.takeWord("not")) return this.comparison();
    const start = this.skipBlanks();
    const of = this.deeper(() => this.truth(this.negation(), start));
    return { is: "truth", value: { kind: "not", of } };
  }

  private comparison(): Either {
    const start = this.skipBlanks();
    const first = this.sum();
    const relationAt = this.skipBlanks();
    const relation = RELATIONS.find((each) => this.text.startsWith(each, relationAt));
    if (relation === undefined) {
      // A lone "=" is the slip that everybody makes once.
      if (this.text[relationAt] === "=") throw this.problem('"=" compares nothing', '"=="');
      return first;
    }
    const left = this.side(this.number(first, start), start);
    this.at += relation.length;
    const rightStart = this.skipBlanks();
    const right = this.side(this.number(this.sum(), rightStart), rightStart);
    let tolerance: Side | undefined;
    const toleranceAt = this.skipBlanks();
    if (this.take("+-") || this.take("±")) {
      if (relation !== "==" && relation !== "!=") {
        this.at = toleranceAt;
        throw this.problem(`a tolerance says nothing after "${relation}"`, '"==" or "!="');
      }
      const toleranceStart = this.skipBlanks();
      tolerance = this.side(this.number(this.sum(), toleranceStart), toleranceStart);
    }
    this.skipBlanks();
    if (RELATIONS.some((each) => this.text.startsWith(each, this.at))) {
      throw this.problem("two comparisons in a row", "`and` between them");
    }
    return { is: "truth", value: { kind: "comparison", relation, left, right, tolerance } };
  }

  private sum(): Either {
    return this.operations(["+", "-"], () => this.product());
  }

  private product(): Either {
    return this.operations(["*", "/"], () => this.sign());
  }

  private operations(operators: readonly ("+" | "-" | "*" | "/")[], part: () => Either): Either {
    const start = this.skipBlanks();
    let left = part();
    for (;;) {
      const at = this.skipBlanks();
      const operator = operators.find((each) => this.text[at] === each);
      if (operator === undefined || this.text.startsWith("+-", at)) return left;
      this.at++;
      const rightStart = this.skipBlanks();
      const right = this.number(part(), rightStart);
      left = { is: "number", value: { kind: "arithmetic", operator, left: this.number(left, start), right } };
    }
  }

  private sign(): Either {
    if (!this.take("-")) return this.primary();
    const start = this.skipBlanks();
    const of = this.deeper(() => this.number(this.sign(), start));
    return { is: "number", value: { kind: "negative", of } };
  }

  private primary(): Either {
    if (this.take("(")) {
      const inner = this.deeper(() => this.alternative());
      this.close(")");
      return inner;
    }
    const digits = this.match(NUMBER);
    if (digits !== undefined) return { is: "number", value: this.quantity(Number(digits)) };
    const name = this.match(NAME);
    if (name === undefined) throw this.problem(`${this.here()} is not expected here`, VALUE_EXPECTED);
    if (name === "and" || name === "or" || name === "not") {
      this.at -= name.length;
      throw this.problem(`"${name}" joins nothing here`, VALUE_EXPECTED);
    }
    return { is: "number", value: this.named(name) };
  }

  private quantity(value: number): Numeric {
    if (this.text[this.at] === "%") {
      this.at++;
      return { kind: "number", value: value / 100, isPercentage: true };
    }
    const unitAt = this.at;
    const unit = this.match(UNIT);
    const factor = unit === undefined ? 1 : Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (factor === undefined) {
      this.at = unitAt;
      throw this.problem(`"${unit}" is no unit`, "ms, s, m, h or %");
    }
    return { kind: "number", value: value * factor, isPercentage: false };
  }

  private named(name: string): Numeric {
    const isCalled = this.text[this.skipBlanks()] === "(";
    if (isCalled && MATH_FUNCTIONS.includes(name)) {
      this.at++;
      const start = this.skipBlanks();
      const of = this.deeper(() => this.number(this.sum(), start));
      this.close(")");
      return { kind: "function", name: name as MathFunction, of };
    }
    if (isCalled && SPREADS.includes(name)) {
      this.at++;
      this.skipBlanks();
      const inner = this.match(NAME);
      if (inner === undefined)
        throw this.problem(`${this.here()} is no name`, `the name of a value: \`${name}(hops)\``);
      const reference = this.reference(inner);
      this.close(")");
      return { kind: "reference", reference, spread: name as Spread };
    }
    return { kind: "reference", reference: this.reference(name), spread: "mean" };
  }

  /** What may follow a name: its arguments, and its point in a sweep. */
  private reference(name: string): Reference {
    let fullName = name;
    if (this.take("(")) {
      const parts = this.listed(")", () => undefined);
      fullName += `(${parts.map(([key, value]) => (value === undefined ? key : `${key}=${value}`)).join(",")})`;
    }
    if (!this.take("[")) return { name: fullName, point: [] };
    const point = this.listed("]", (key) => {
      throw this.problem(`${key} has no value`, `a setting of the sweep and its value: [${key}=…]`);
    });
    return { name: fullName, point };
  }

  /** `a`, `key=value` …, up to the closing mark. */
  private listed<T extends string | undefined>(closing: string, lone: (key: string) => T): [string, string | T][] {
    const found: [string, string | T][] = [];
    do {
      const key = this.argument(() => this.problem(`${this.here()} is no argument`, "a word like msg=query"));
      const value = this.take("=")
        ? this.argument(() => this.problem(`${this.here()} is no value`, `a value for ${key}`))
        : lone(key);
      found.push([key, value]);
    } while (this.take(","));
    this.close(closing);
    return found;
  }

  private argument(missing: () => SyntaxProblem): string {
    const found = this.match(ARGUMENT)?.trim();
    if (found === undefined) throw missing();
    return found.startsWith("'") ? found.slice(1, -1) : found;
  }

  private number(either: Either, start: number): Numeric {
    if (either.is === "number") return either.value;
    this.at = start;
    throw this.problem("this is true or false, and cannot be counted with", "a number");
  }

  private truth(either: Either, start: number): Truth {
    if (either.is === "truth") return either.value;
    if (this.skipBlanks() === this.text.length)
      throw this.problem("nothing is compared", 'a comparison: "==", "<", ">=" …');
    this.at = start;
    throw this.problem("a number alone is neither met nor missed", 'a comparison: "==", "<", ">=" …');
  }

  private side(value: Numeric, start: number): Side {
    return { value, text: this.text.slice(start, this.at).trim() };
  }

  private deeper<T>(read: () => T): T {
    if (this.depth === DEPTH_MAX) throw this.problem("too many levels", `at most ${DEPTH_MAX} within each other`);
    this.depth++;
    const value = read();
    this.depth--;
    return value;
  }

  private skipBlanks(): number {
    this.match(BLANKS);
    return this.at;
  }

  private take(mark: string): boolean {
    this.skipBlanks();
    if (!this.text.startsWith(mark, this.at)) return false;
    this.at += mark.length;
    return true;
  }

  private takeWord(word: string): boolean {
    const at = this.skipBlanks();
    NAME.lastIndex = at;
    if (NAME.exec(this.text)?.[0] !== word) return false;
    this.at = at + word.length;
    return true;
  }

  private close(mark: string): void {
    if (!this.take(mark)) throw this.problem(`${this.here()} stands where a bracket should close`, `"${mark}"`);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** What stands at the present place, for a problem. */
  private here(): string {
    const rest = this.text.slice(this.at).trim();
    if (rest === "") return "the end";
    return JSON.stringify(/^(?:[A-Za-z0-9_.]+|==|!=|<=|>=|\+-|[\s\S])/.exec(rest)?.[0] ?? rest);
  }

  private problem(problem: string, expected: string): SyntaxProblem {
    return new SyntaxProblem(this.at, problem, expected);
  }
}
