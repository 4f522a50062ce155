import { expect, test } from "vitest";
import type { Peer } from "./peer.ts";
import { PeerTable } from "./peer-table.ts";

function filled(peers: number, timersMax: number): PeerTable {
  const table = new PeerTable(timersMax);
  for (let address = 0; address < peers; address++) table.add({ address } as Peer, "seed");
  return table;
}

test.each([1, 8, 16])("with %i timers each, what a peer has stays its own while the table grows", (timersMax) => {
  const table = filled(3, timersMax);
  for (let timer = 0; timer < timersMax; timer++) table.arm(1, timer, 100 + timer);
  const first = table.drawU32(1);
  for (let address = 3; address < 1000; address++) table.add({ address } as Peer, "seed");
  for (let timer = 0; timer < timersMax; timer++) {
    expect(table.takeDue(0, timer, 100 + timer)).toBe(false);
    expect(table.takeDue(2, timer, 100 + timer)).toBe(false);
    expect(table.takeDue(1, timer, 99 + timer)).toBe(false);
    expect(table.takeDue(1, timer, 100 + timer)).toBe(true);
    expect(table.takeDue(1, timer, 100 + timer)).toBe(false);
  }
  const other = filled(1000, timersMax);
  expect(first).toBe(other.drawU32(1));
  expect(table.drawU32(1)).toBe(other.drawU32(1));
  expect(table.drawU32(999)).toBe(other.drawU32(999));
});

test("whoever is removed is not alive, and none of its timers is due, until it is seated again", () => {
  const table = filled(4, 2);
  table.seat(2, { onTimer: () => {} });
  for (const peer of [1, 2, 3]) table.arm(peer, 1, 50);
  table.remove(2);
  expect([1, 2, 3].map((peer) => table.isAlive(peer))).toEqual([true, false, true]);
  expect([1, 2, 3].map((peer) => table.takeDue(peer, 1, 50))).toEqual([true, false, true]);
  table.seat(2, undefined);
  expect(table.isAlive(2)).toBe(true);
});
