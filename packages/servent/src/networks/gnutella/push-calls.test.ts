import { Socket } from "node:net";
import { latin1Encode } from "@servent/overlay/base/bytes.ts";
import { endpointOf } from "@servent/overlay/base/ipv4.ts";
import type { Push } from "@servent/overlay/protocols/gnutella/messages.ts";
import { afterEach, expect, test } from "vitest";
import { PushWaits } from "../push-waits.ts";
import { encodeGiv } from "./giv.ts";
import { PushCalls, receiveGiv } from "./push-calls.ts";

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

test("a peer that calls back is given to who waits for it; one nobody waits for is closed", async () => {
  const waits = new PushWaits<Socket>();
  const guid = new Uint8Array(16).fill(0xab);
  const giv = latin1Encode(encodeGiv({ index: 7, guid, name: "blue train.ogg" }));
  const coming = waits.expect("ab".repeat(16), 10_000);
  const [first, second] = [new Socket(), new Socket()];

  receiveGiv(first, giv, waits);
  receiveGiv(second, giv, waits);

  expect(await coming).toBe(first);
  expect([first.destroyed, second.destroyed]).toEqual([false, true]);
  first.destroy();
});
