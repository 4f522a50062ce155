import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Address } from "@servent/overlay/host/host.ts";
import { addressFrom } from "../runtime/address.ts";
import { PortChecks } from "./port-check.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(onSocket: (socket: Socket) => void): Promise<Address> {
  const server = createServer(onSocket);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.4.1", resolve));
  const { port } = server.address() as { port: number };
  return addressFrom("127.0.4.1", port) as Address;
}

function checked(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    new PortChecks({ timeoutMs: 2000, onChecked: (_address, isThere) => resolve(isThere) }).check(address);
  });
}

test("somebody who takes calls is there, and hears not one byte", async () => {
  let bytes = 0;
  let ended: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (ended = resolve));
  const address = await listening((socket) => {
    socket.on("data", (part) => (bytes += part.length));
    socket.on("error", () => undefined);
    socket.on("close", ended);
  });

  expect(await checked(address)).toBe(true);
  await over;
  expect(bytes).toBe(0);
});

test("a port where nobody listens is not", async () => {
  const address = await listening(() => undefined);
  const [server] = servers.splice(0);
  await new Promise((resolve) => server?.close(resolve));
  expect(await checked(address)).toBe(false);
});

test("after stop nobody hears of the checks that were under way", async () => {
  const address = await listening((socket) => socket.on("error", () => undefined));
  let heard = 0;
  const checks = new PortChecks({ timeoutMs: 2000, onChecked: () => heard++ });
  checks.check(address);
  checks.stop();
  expect(await checked(address)).toBe(true);
  expect(heard).toBe(0);
});
