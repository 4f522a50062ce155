import { afterEach, expect, test, vi } from "vitest";
import { SocketHost } from "./socket-host.ts";

// The rules of every host are in test/compliance. Here is what they cost on the system's timers.

afterEach(() => vi.restoreAllMocks());

test("a deadline that is pushed back with every message costs one timeout", () => {
  const timeouts = vi.spyOn(globalThis, "setTimeout");
  const host = new SocketHost();
  for (let i = 0; i < 1000; i++) host.arm(0, 5000 + i);
  expect(timeouts).toHaveBeenCalledTimes(1);
  host.arm(0, 10);
  expect(timeouts).toHaveBeenCalledTimes(2);
  host.stop();
});

test("a distant deadline never overflows the system's timer, which would come at once and again and again", () => {
  const timeouts = vi.spyOn(globalThis, "setTimeout");
  const host = new SocketHost();
  host.arm(0, 2 ** 31);
  host.arm(1, Number.MAX_SAFE_INTEGER);
  for (const [, delay] of timeouts.mock.calls) expect(delay).toBeLessThan(2 ** 31);
  host.stop();
});

test("stop leaves no timer behind", async () => {
  const host = new SocketHost();
  const fired: number[] = [];
  host.attach({ onTimer: (timer) => fired.push(timer) });
  host.arm(0, 1);
  host.arm(3, 2);
  host.stop();
  const other = new SocketHost();
  await new Promise<void>((resolve) => {
    other.attach({ onTimer: () => resolve() });
    other.arm(0, 20);
  });
  expect(fired).toEqual([]);
});
