import { expect, test } from "vitest";
import { endpointOf } from "../../base/ipv4.ts";
import { LIMITS } from "./limits.ts";
import { Rations } from "./rations.ts";

const HOST = 0x7f00_0005;

test("a host is served in a burst, then at its rate, whatever ports it uses; others are not its victims", () => {
  const rations = new Rations();
  let served = 0;
  for (let i = 0; i < 2 * LIMITS.requestsBurst; i++) if (rations.take(endpointOf(HOST, i + 1), 0, 1)) served++;
  expect(served).toBe(LIMITS.requestsBurst);
  expect(rations.take(endpointOf(HOST + 1, 1), 0, 1)).toBe(true);

  served = 0;
  for (let ms = 1; ms <= 1000; ms++) if (rations.take(endpointOf(HOST, 1), ms, 1)) served++;
  expect(served).toBe(LIMITS.requestsPerSecond);
});

test("what answers at length counts for more", () => {
  const rations = new Rations();
  let served = 0;
  while (rations.take(endpointOf(HOST, 1), 0, LIMITS.fetchCost)) served++;
  expect(served).toBe(LIMITS.requestsBurst / LIMITS.fetchCost);
});
