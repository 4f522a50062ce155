// Pings of data ports, on real sockets.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { endpointOf, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { HostChoice } from "@servent/overlay/protocols/napster/host-choice.ts";
import { Pings } from "./pings.ts";

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

/** A data port that says this to whoever calls. */
async function port(greeting: string): Promise<{ at: Address; calls: () => number; server: Server }> {
  const sockets = new Set<Socket>();
  let calls = 0;
  const server = createServer((socket) => {
    calls++;
    sockets.add(socket.on("error", () => undefined));
    if (greeting !== "") socket.write(greeting);
  }).listen(0, "127.0.0.81");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port: number } = server.address() as { port: number };
  return { at: endpointOf(parseIpv4("127.0.0.81") as number, number), calls: () => calls, server };
}

function opened(mayDial = true): { pings: Pings; choice: HostChoice<string>; expected: (nick: string) => number } {
  const choice = new HostChoice<string>();
  const pings = new Pings({ choice, localAddress: undefined, mayDial: () => mayDial });
  closers.push(() => pings.close());
  return { pings, choice, expected: (nick) => choice.expected(nick, Math.floor(performance.now())) };
}

test("who greets soon is expected to give more than one who was never asked, and who is not there nothing", async () => {
  const [near, gone] = [await port("1"), await port("")];
  gone.server.close();
  const { pings, choice, expected } = opened();
  for (const nick of ["near", "gone", "unasked"]) choice.onClaim(nick, 7);

  pings.measure("near", near.at);
  pings.measure("gone", gone.at);
  await expect.poll(() => choice.isMeasured("near") && choice.isMeasured("gone")).toBe(true);

  expect(expected("near")).toBeGreaterThan(1.5 * expected("unasked"));
  expect(expected("gone")).toBe(0);
});

test("nobody is pinged twice, nor where the rules forbid it, nor at ports of the system", async () => {
  const near = await port("1");
  const { pings, choice } = opened();
  pings.measure("near", near.at);
  pings.measure("near", near.at);
  await expect.poll(() => choice.isMeasured("near")).toBe(true);
  pings.measure("near", near.at);
  pings.measure("low", endpointOf(parseIpv4("127.0.0.81") as number, 25));
  const forbidden = opened(false);
  forbidden.pings.measure("near", near.at);

  await new Promise((resolve) => setImmediate(resolve));
  expect(near.calls()).toBe(1);
  expect(choice.isMeasured("low")).toBe(false);
  expect(forbidden.choice.isMeasured("near")).toBe(false);
});

test("addresses at which nobody is are not called again and again, whatever names they bear", async () => {
  const gone = await port("");
  gone.server.close();
  const { pings, choice } = opened();
  for (let i = 0; i < 8; i++) pings.measure(`nobody${i}`, gone.at);
  await expect.poll(() => choice.isMeasured("nobody2")).toBe(true);

  expect(choice.isMeasured("nobody3")).toBe(false);
});
