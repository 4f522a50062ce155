import { expect, test } from "vitest";
import { IdempotencyKeys } from "./idempotency.ts";
import { HandClock } from "./testing/hand-made-app.ts";

const answer = (body: unknown) => ({ status: 201, body });

test("a repetition while the first is still at work is told to come back", () => {
  const keys = new IdempotencyKeys(new HandClock());
  expect(keys.begin("k", { a: 1 })).toBeUndefined();
  expect(() => keys.begin("k", { a: 1 })).toThrow(
    expect.objectContaining({ code: "conflict", headers: { "retry-after": "1" } }),
  );
  keys.finish("k", answer("done"));
  expect(keys.begin("k", { a: 1 })).toEqual(answer("done"));
});

test("a thousand answers are remembered; beyond that the oldest goes", () => {
  const keys = new IdempotencyKeys(new HandClock());
  for (let i = 0; i < 1001; i++) {
    expect(keys.begin(`k${i}`, {})).toBeUndefined();
    keys.finish(`k${i}`, answer(i));
  }
  expect(keys.begin("k2", {})).toEqual(answer(2));
  expect(keys.begin("k0", {})).toBeUndefined();
});
