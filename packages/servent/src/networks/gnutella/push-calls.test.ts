import { endpointOf } from "@servent/overlay/base/ipv4.ts";
import type { Push } from "@servent/overlay/protocols/gnutella/messages.ts";
import { afterEach, expect, test } from "vitest";
import { PushCalls } from "./push-calls.ts";

const header = { id: "00".repeat(16), ttl: 1, hops: 0 };
const pushTo = (ip: number, port: number): Push => ({
  kind: "push",
  header,
  servent: "00".repeat(16),
  index: 1,
  address: endpointOf(ip, port),
  extensions: new Uint8Array(0),
});
const LOOPBACK = 0x7f00_0900;
const made: PushCalls[] = [];

afterEach(() => {
  for (const calls of made.splice(0)) calls.close();
});

function pushCalls(mayDial: (address: number) => boolean = () => true): PushCalls {
  const calls = new PushCalls({
    guid: "00".repeat(16),
    localAddress: undefined,
    mayDial,
    serve: (socket) => socket.destroy(),
  });
  made.push(calls);
  return calls;
}

test("nobody makes us knock on doors: calls are bounded per host, at once and per minute", async () => {
  const calls = pushCalls();
  let dialled = 0;
  // Nothing listens on these ports, so each call ends at once and only the bounds hold it back.
  for (let i = 0; i < 300; i++) {
    if (calls.call(pushTo(LOOPBACK + (i % 100), 61_000 + i))) dialled++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(dialled).toBeGreaterThan(20);
  expect(dialled).toBeLessThanOrEqual(60);
});

test("well-known ports and addresses that may not be dialled are not", () => {
  expect(pushCalls().call(pushTo(LOOPBACK, 80))).toBe(false);
  expect(pushCalls(() => false).call(pushTo(LOOPBACK, 61_000))).toBe(false);
});
