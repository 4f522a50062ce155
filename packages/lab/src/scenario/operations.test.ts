import { expect, test } from "vitest";
import { Operations } from "./operations.ts";

test("whoever hears a second time, or began it, makes a duplicate", () => {
  const operations = new Operations(20);
  const query = operations.begin("query", 3, 0);
  expect([9, 17, 9, 3].map((peer) => operations.arrive(query, peer, 2))).toEqual([true, true, false, false]);
  expect(operations.values()).toMatchObject({ "reached(query#0)": 2, "duplicates(query#0)": 2 });
  expect(operations.tables()["reach"]?.rows).toEqual([
    [1, 0, 0],
    [2, 2, 2],
  ]);
});

test("the first true answer is a success, and gives the latency; lies and failures are none", () => {
  const operations = new Operations(20);
  const [first, second, third] = [0, 100, 200].map((at) => operations.begin("lookup", 1, at)) as [
    number,
    number,
    number,
  ];
  operations.answer(first, 4, 30, false);
  operations.answer(first, 2, 50, true);
  operations.answer(first, 6, 90, true);
  operations.answer(second, 1, 140, false);
  operations.fail(third);
  expect(operations.values()).toMatchObject({
    operations: 3,
    success: 1 / 3,
    answers: 2,
    lies: 2,
    "hops.mean": 4,
    "latency.mean": 50,
    "latency(lookup#0)": 50,
  });
  expect(operations.values()["latency(lookup#1)"]).toBeUndefined();
});

test("kinds are counted apart, and each has its own numbers", () => {
  const operations = new Operations(20);
  operations.begin("query", 1, 0);
  const publish = operations.begin("publish", 1, 0);
  operations.begin("query", 2, 0);
  operations.answer(publish, 1, 10, true);
  expect(operations.values()).toMatchObject({
    "operations(do=query)": 2,
    "success(do=query)": 0,
    "success(do=publish)": 1,
    "reached(query#1)": 0,
    "answers(publish#0)": 1,
  });
});

test("what is long over is forgotten: later copies count neither as reached nor as duplicates", () => {
  const operations = new Operations(20);
  const old = operations.begin("query", 1, 0);
  operations.arrive(old, 5, 1);
  operations.begin("query", 1, 11 * 60_000);
  expect(operations.arrive(old, 5, 1)).toBe(false);
  expect(operations.arrive(old, 6, 1)).toBe(false);
  expect(operations.values()).toMatchObject({ "reached(query#0)": 1, "duplicates(query#0)": 0 });
});

test("without load there are no shares of nothing", () => {
  expect(new Operations(5).values()).toEqual({ operations: 0 });
});
