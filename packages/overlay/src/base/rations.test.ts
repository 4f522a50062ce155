import { expect, test } from "vitest";
import { Rations } from "./rations.ts";

const HOST = 0x7f00_0005;

function served(rations: Rations, host: number, now: number, cost = 1): number {
  let count = 0;
  while (rations.take(host, now, cost) === 0) count++;
  return count;
}

test("a host is served in a burst, then at its rate; others are not its victims", () => {
  const rations = new Rations({ burst: 400, perSecond: 200, hostsMax: 10 });
  expect(served(rations, HOST, 0)).toBe(400);
  expect(rations.take(HOST + 1, 0, 1)).toBe(0);

  let count = 0;
  for (let ms = 1; ms <= 1000; ms++) count += served(rations, HOST, ms);
  expect(count).toBe(200);
});

test("what costs more is served less often", () => {
  expect(served(new Rations({ burst: 400, perSecond: 200, hostsMax: 10 }), HOST, 0, 8)).toBe(50);
});

test("who has to wait is told how long, and then it is there", () => {
  const rations = new Rations({ burst: 3, perSecond: 0.5, hostsMax: 10 });
  expect(served(rations, HOST, 0)).toBe(3);

  expect(rations.take(HOST, 500, 3)).toBe(5500);
  expect(rations.take(HOST, 5875, 3)).toBe(125);
  expect(rations.take(HOST, 6000, 3)).toBe(0);
});

test("two generations of hosts are remembered, and who is older begins anew", () => {
  const rations = new Rations({ burst: 2, perSecond: 1, hostsMax: 2 });
  for (const host of [1, 2, 3]) expect(served(rations, host, 0)).toBe(2);
  expect(rations.take(1, 0, 1)).toBeGreaterThan(0);

  for (const host of [4, 5, 6]) rations.take(host, 0, 1);
  expect(rations.take(2, 0, 1)).toBe(0);
});
