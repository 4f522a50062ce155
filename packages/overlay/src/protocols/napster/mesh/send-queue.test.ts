// What waits: for a congested link, for an acknowledgement, for a way.
import { describe, expect, test } from "vitest";
import { MESH_LIMITS } from "./limits.ts";
import type { Beat, Envelope, Rank } from "./messages.ts";
import { SendQueue } from "./send-queue.ts";
import { Unacknowledged } from "./unacknowledged.ts";
import { WaitingRoom } from "./waiting-room.ts";

function envelope(number: number, rank: Rank = "word", bytes = 10, to = "aa"): Envelope {
  return { kind: "envelope", origin: "00", number, rank, hops: 0, to: [to], payload: new Uint8Array(bytes) };
}

const beat = (origin: string, number: number): Beat => ({
  kind: "beat",
  origin,
  name: origin,
  address: undefined,
  number,
  isLast: false,
  path: [],
});

describe("a send queue", () => {
  test("gives heartbeats first, of each server the latest, then words, hits, searches and lists", () => {
    const queue = new SendQueue();
    queue.push(envelope(4, "browse"));
    queue.push(envelope(1, "search"));
    queue.push(envelope(2, "hits"));
    queue.push(envelope(3, "word"));
    for (const number of [1, 2]) queue.pushBeat(beat("a", number));
    queue.pushBeat(beat("b", 7));
    const order: number[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(next.number);
    expect(order).toEqual([2, 7, 3, 2, 1, 4]);
  });

  test("that is full loses lists, then searches, hits and words, of each the oldest", () => {
    const queue = new SendQueue();
    const tenth = Math.floor(MESH_LIMITS.queueBytesMax / 10);
    const lost: string[] = [];
    const push = (number: number, rank: Rank): void => {
      for (const each of queue.push(envelope(number, rank, tenth))) lost.push(`${each.rank} ${each.number}`);
    };
    for (let i = 0; i < 2; i++) push(i, "browse");
    for (let i = 0; i < 3; i++) push(i, "search");
    for (let i = 0; i < 3; i++) push(i, "hits");
    for (let i = 0; i < 11; i++) push(i, "word");
    expect(lost).toEqual([
      "browse 0",
      "browse 1",
      "search 0",
      "search 1",
      "search 2",
      "hits 0",
      "hits 1",
      "hits 2",
      "word 0",
      "word 1",
    ]);
    expect(queue.envelopes().length).toBe(9);
  });
});

describe("envelopes without an acknowledgement", () => {
  test("are those behind what the other side has counted", () => {
    const unacknowledged = new Unacknowledged();
    for (let i = 1; i <= 10; i++) unacknowledged.add(envelope(i));
    expect(unacknowledged.acknowledge(7)).toBe(true);
    expect(unacknowledged.envelopes.map(({ number }) => number)).toEqual([8, 9, 10]);
    expect(unacknowledged.acknowledge(5)).toBe(true);
    expect(unacknowledged.envelopes.length).toBe(3);
    expect(unacknowledged.acknowledge(11)).toBe(false);
  });

  test("are bounded in number and in bytes; counting goes on where the oldest are forgotten", () => {
    const unacknowledged = new Unacknowledged();
    for (let i = 1; i <= 3000; i++) unacknowledged.add(envelope(i));
    expect(unacknowledged.envelopes.length).toBe(MESH_LIMITS.unacknowledgedMax);
    expect(unacknowledged.acknowledge(2999)).toBe(true);
    expect(unacknowledged.envelopes.map(({ number }) => number)).toEqual([3000]);

    for (let i = 1; i <= 100; i++) unacknowledged.add(envelope(i, "hits", 70_000));
    expect(unacknowledged.envelopes.length).toBe(Math.floor(MESH_LIMITS.unacknowledgedBytesMax / 70_066));
  });
});

describe("a waiting room", () => {
  test("lets those go whose server can be reached again, in their order, and ends the wait of others", () => {
    const room = new WaitingRoom();
    for (let i = 0; i < 4; i++) room.add(envelope(i, "word", 10, i % 2 === 0 ? "aa" : "bb"), 100 + i);
    expect(room.take("aa").map(({ number }) => number)).toEqual([0, 2]);
    expect(room.take("aa")).toEqual([]);
    expect(room.expire(101)).toBe(1);
    expect(room.take("bb").map(({ number }) => number)).toEqual([3]);
  });

  test("is bounded in number and in bytes, and says what it lost", () => {
    const room = new WaitingRoom();
    let lost = 0;
    for (let i = 0; i < 600; i++) lost += room.add(envelope(i), 1);
    expect(lost).toBe(600 - MESH_LIMITS.waitingMax);
    for (let i = 0; i < 100; i++) lost += room.add(envelope(i, "hits", 70_000), 1);
    expect(room.take("aa").length).toBeLessThanOrEqual(MESH_LIMITS.waitingBytesMax / 70_000);
  });
});
