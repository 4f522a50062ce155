import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { EventBus, RING_MAX, type ServentEvent } from "./event-bus.ts";

function busAt(start: number) {
  let time = start;
  const bus = new EventBus(() => time);
  return {
    bus,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

test("listeners hear each event once, in order, with ids that grow by one", () => {
  const { bus } = busAt(5000);
  const heard: ServentEvent[] = [];
  const stop = bus.listen((event) => heard.push(event));
  bus.emit("peer.up", { id: "a" });
  bus.emit("peer.down", { id: "a" });
  stop();
  bus.emit("peer.up", { id: "b" });

  expect(heard).toEqual([
    { id: 5000, at: "1970-01-01T00:00:05.000Z", type: "peer.up", data: { id: "a" } },
    { id: 5001, at: "1970-01-01T00:00:05.000Z", type: "peer.down", data: { id: "a" } },
  ]);
});

test("a reader gets what it has not seen, and nothing twice", () => {
  const { bus } = busAt(5000);
  expect(bus.since(bus.lastId)).toEqual([]);
  for (let i = 0; i < 5; i++) bus.emit("log", { i });
  expect(bus.since(5002)?.map(({ id }) => id)).toEqual([5003, 5004]);
  expect(bus.since(4999, 2)?.map(({ id }) => id)).toEqual([5000, 5001]);
  expect(bus.since(bus.lastId)).toEqual([]);
});

test("a reader of an earlier run, and one from the future, are told to start over", () => {
  const { bus } = busAt(5000);
  bus.emit("log", {});
  expect(bus.since(4998)).toBeUndefined();
  expect(bus.since(5001)).toBeUndefined();
});

test("what is too old is forgotten, and a reader who missed it is told", () => {
  const { bus, pass } = busAt(5000);
  bus.emit("log", { i: 0 });
  pass(601_000);
  bus.emit("log", { i: 1 });
  expect(bus.since(4999)).toBeUndefined();
  expect(bus.since(5000)?.map(({ id }) => id)).toEqual([5001]);
});

test("however much is emitted, only so much is kept, without a gap", () => {
  const { bus } = busAt(1);
  const last = 3 * RING_MAX + 7;
  for (let i = 1; i <= last; i++) bus.emit("log", {});
  expect(bus.lastId).toBe(last);
  expect(bus.since(last - RING_MAX - 1)).toBeUndefined();
  const kept = bus.since(last - RING_MAX);
  expect(kept).toHaveLength(RING_MAX);
  expect(kept?.every(({ id }, i) => id === last - RING_MAX + 1 + i)).toBe(true);
});

test("what is forgotten is not held any more", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { bus } = busAt(1);
  const held = (() => {
    const data = { text: "long" };
    bus.emit("log", data);
    return new WeakRef(data);
  })();
  for (let i = 0; i < RING_MAX; i++) bus.emit("log", {});
  // A WeakRef that was just made holds its target until the turn ends.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(held.deref()).toBeUndefined();
});
