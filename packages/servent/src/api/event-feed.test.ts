import { beforeEach, expect, test } from "vitest";
import { EventBus } from "../events/event-bus.ts";
import { EventFeed, type FeedOptions } from "./event-feed.ts";
import { HandClock } from "./testing/hand-made-app.ts";

let clock: HandClock;
let bus: EventBus;

beforeEach(() => {
  clock = new HandClock();
  bus = new EventBus(clock.now);
});

interface Told {
  readonly id: number | null;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A reader in memory; while `stuck` it takes nothing. */
class Reader {
  text = "";
  stuck = false;
  ended = false;
  waiting = 0;

  write(text: string): void {
    this.text += text;
    if (this.stuck) this.waiting += text.length;
  }
  end(): void {
    this.ended = true;
  }
  events(): Told[] {
    return this.text.split("\n\n").flatMap((block) => {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      return data === undefined ? [] : [JSON.parse(data.slice(6))];
    });
  }
  /** Ids as a browser would remember them. */
  ids(): number[] {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  }
}

function follow(options: FeedOptions = {}): { reader: Reader; feed: EventFeed } {
  const reader = new Reader();
  const feed = new EventFeed(bus, reader, clock, options);
  feed.start();
  return { reader, feed };
}

/** Lets the feed take its turns of the event loop. */
async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

test("a reader without a past hears from now on, and learns at once where it is", async () => {
  bus.emit("peer.up", { id: "old" });
  const { reader } = follow();
  expect(reader.events()).toEqual([]);
  expect(reader.ids()).toEqual([bus.lastId]);

  bus.emit("peer.up", { id: "new" });
  await turns();
  expect(reader.events().map(({ data }) => data.id)).toEqual(["new"]);
});

test("a reader that comes back gets all it missed, in order, and then what follows, without gap or doubling", async () => {
  for (let i = 0; i < 2000; i++) bus.emit("search.hit", { i });
  const since = bus.lastId - 1500;
  const { reader } = follow({ since });
  for (let i = 2000; i < 2100; i++) {
    bus.emit("search.hit", { i });
    if (i % 10 === 0) await turns(1);
  }
  await turns(10);
  expect(reader.events().map(({ data }) => data.i)).toEqual(Array.from({ length: 1600 }, (_, i) => 500 + i));
  expect(reader.ids()).toEqual(Array.from({ length: 1601 }, (_, i) => since + i));
});

test.each([-5, 1_000_000])("an id that is not kept (%d) brings reset first, then what follows", async (offset) => {
  bus.emit("peer.up", {});
  const { reader } = follow({ since: bus.lastId + offset });
  bus.emit("peer.down", {});
  await turns();
  expect(reader.events().map(({ type, data }) => [type, data.reason])).toEqual([
    ["reset", "too_old"],
    ["peer.down", undefined],
  ]);
});

test("only the wanted types are sent; a star stands for all that begin so", async () => {
  const { reader } = follow({ types: ["transfer.*", "search.hit"] });
  for (const type of ["transfer.state", "transfers.x", "search.hit", "search.done", "log"]) bus.emit(type, { id: 1 });
  await turns();
  expect(reader.events().map(({ type }) => type)).toEqual(["transfer.state", "search.hit"]);
});

test("progress of one transfer comes at most twice a second, always the newest", async () => {
  const { reader } = follow();
  for (let ms = 0; ms < 3000; ms += 10) {
    bus.emit("transfer.progress", { id: "t_1", bytesDone: ms });
    await turns(1);
    clock.advance(10);
  }
  clock.advance(1000);
  const done = reader.events().map(({ data }) => data.bytesDone as number);
  expect(done.length).toBeLessThanOrEqual(7);
  expect(done.length).toBeGreaterThanOrEqual(6);
  expect(done.at(-1)).toBe(2990);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
});

test("progress of many transfers together comes at most ten times a second, and each has its turn", async () => {
  const { reader } = follow();
  for (let ms = 0; ms < 5000; ms += 50) {
    for (let i = 0; i < 40; i++) bus.emit("transfer.progress", { transfer: { id: `t_${i}`, bytesDone: ms } });
    await turns(2);
    clock.advance(50);
  }
  const told = reader.events();
  expect(told.length).toBeLessThanOrEqual(51);
  expect(new Set(told.map(({ data }) => (data.transfer as { id: string }).id)).size).toBe(40);
});

test("ids only grow although progress is held back: it carries none", async () => {
  const { reader } = follow();
  bus.emit("transfer.progress", { id: "t_1", bytesDone: 1 });
  bus.emit("transfer.progress", { id: "t_2", bytesDone: 1 });
  bus.emit("peer.up", { id: "p" });
  await turns();
  clock.advance(1000);
  expect(reader.events().map(({ type, id }) => [type, id === null])).toEqual([
    ["peer.up", false],
    ["transfer.progress", true],
    ["transfer.progress", true],
  ]);
  const ids = reader.ids();
  expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] as number))).toBe(true);
});

test("progress never comes after the end of its transfer", async () => {
  const { reader } = follow();
  bus.emit("transfer.progress", { id: "t_1", bytesDone: 1 });
  bus.emit("transfer.done", { id: "t_1" });
  await turns();
  clock.advance(1000);
  expect(reader.events().map(({ type }) => type)).toEqual(["transfer.done"]);
});

test("a heartbeat comes every fifteen seconds", () => {
  const { reader } = follow();
  const beats = () => reader.text.split(": alive\n\n").length - 1;
  clock.advance(14_999);
  expect(beats()).toBe(0);
  clock.advance(1);
  expect(beats()).toBe(1);
  clock.advance(30_000);
  expect(beats()).toBe(3);
});

test("a slow reader is sent nothing while it is full, and goes on without a gap when it reads again", async () => {
  const { reader, feed } = follow();
  reader.stuck = true;
  for (let i = 0; i < 5000; i++) {
    bus.emit("search.hit", { i, name: "x".repeat(200) });
    if (i % 100 === 0) await turns(1);
  }
  await turns(5);
  clock.advance(60_000);
  // One batch may cross the mark; nothing is added after that.
  expect(reader.waiting).toBeLessThan(256 * 1024 + 500 * 400);

  reader.stuck = false;
  reader.waiting = 0;
  feed.onDrain();
  await turns(30);
  expect(reader.events().map(({ data }) => data.i)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
});

test("a reader that is too slow for what is kept gets reset and is let go", async () => {
  const { reader } = follow();
  reader.stuck = true;
  for (let i = 0; i < 30_000; i++) {
    bus.emit("search.hit", { i, name: "x".repeat(200) });
    if (i % 500 === 0) await turns(1);
  }
  await turns();
  expect(reader.ended).toBe(true);
  expect(reader.events().at(-1)).toMatchObject({ type: "reset", data: { reason: "too_slow" } });
  expect(reader.waiting).toBeLessThan(600_000);

  const length = reader.text.length;
  bus.emit("log", {});
  await turns();
  clock.advance(60_000);
  expect(reader.text.length).toBe(length);
});

test("a stream ends when its login has ended", () => {
  let allowed = true;
  const { reader } = follow({ mayGoOn: () => allowed });
  clock.advance(15_000);
  expect(reader.ended).toBe(false);
  allowed = false;
  clock.advance(15_000);
  expect(reader.ended).toBe(true);
});

test("a thousand changes a second arrive in order and without a gap", async () => {
  const { reader } = follow();
  const first = bus.lastId + 1;
  for (let i = 0; i < 10_000; i++) {
    bus.emit("transfer.state", { id: `t_${i % 50}`, i });
    if (i % 10 === 9) await turns(1);
    if (i % 1000 === 999) clock.advance(1000);
  }
  await turns(30);
  expect(reader.events().map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, i) => first + i));
});
