// To whom an index server can send us, and how often.
import { randomBytes } from "node:crypto";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { endpointOf as addressAt, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import { CallRations } from "./call-rations.ts";
import { openAt } from "./data-port-fixture.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Somebody who greets all callers with this; counts them. */
async function listener(host: string, greeting: string) {
  const callers = { count: 0 };
  const server = net.createServer((socket) => {
    callers.count++;
    socket.on("error", () => undefined);
    socket.end(greeting);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as net.AddressInfo;
  return { callers, address: addressAt(parseIpv4(host) ?? 0, port) };
}

test("a host where nobody waits for us is called three times a minute", () => {
  let now = 0;
  const rations = new CallRations(() => now);
  const calls = (host: string, tries: number): number =>
    Array.from({ length: tries }, () => rations.take(host)).filter(Boolean).length;

  expect(calls("10.0.0.1", 100)).toBe(3);
  now += 19_000;
  expect(calls("10.0.0.1", 100)).toBe(0);
  now += 1000;
  expect(calls("10.0.0.1", 100)).toBe(1);
});

test("all such hosts together are called thirty times a minute", () => {
  let now = 0;
  const rations = new CallRations(() => now);
  const calls = () => Array.from({ length: 1000 }, (_, i) => rations.take(`10.0.${i >> 8}.${i & 255}`)).filter(Boolean);

  expect(calls().length).toBe(30);
  now += 60_000;
  expect(calls().length).toBe(30);
  // A host that is refused for the sake of all has not used up its own.
  now += 60_000;
  expect(rations.take("10.0.3.1")).toBe(true);
});

test("who greets as a data port does is called as often as he is announced; what else listens is left alone", async () => {
  const { giving, close } = await openAt("127.0.22.30", { name: "low tide.ogg", bytes: randomBytes(10) });
  closers.push(close);
  const stranger = await listener("127.0.22.31", "SSH-2.0-x\r\n");
  const user = await listener("127.0.22.32", "1");
  for (let i = 0; i < 10; i++) {
    await giving.bringList("owner", stranger.address);
    await giving.bringList("owner", user.address);
  }
  expect([stranger.callers.count, user.callers.count]).toEqual([3, 10]);
});
