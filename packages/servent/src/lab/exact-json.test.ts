import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, readFindings, writeFindings } from "./exact-json.ts";

test("findings come back from JSON as they were, odd numbers included", () => {
  const findings = {
    values: { mean: 1.5, nothing: Number.NaN, most: Number.POSITIVE_INFINITY, least: Number.NEGATIVE_INFINITY },
    tables: {
      hops: {
        columns: ["hops", "who"],
        rows: [
          [1, "a"],
          [Number.NaN, "nan"],
        ],
      },
    },
    digest: "00ff",
    events: 3,
  };
  expect(readFindings(JSON.parse(JSON.stringify(writeFindings(findings))))).toEqual(findings);
});

test("any number comes back", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const written = writeFindings({ values: { value }, tables: {}, digest: "", events: 0 });
      // JSON has no minus zero, and nothing counts down to it.
      expect(readFindings(JSON.parse(JSON.stringify(written))).values.value).toBe(value === 0 ? 0 : value);
    }),
  );
});

test("canonical JSON is the same however the keys were ordered, and differs where the value does", () => {
  expect(canonicalJson({ b: [{ y: 1, x: 2 }], a: null })).toBe('{"a":null,"b":[{"x":2,"y":1}]}');
  expect(canonicalJson({ a: null, b: [{ x: 2, y: 1 }] })).toBe(canonicalJson({ b: [{ y: 1, x: 2 }], a: null }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});
