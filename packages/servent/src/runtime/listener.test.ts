import { formatIpv4, ipv4Of, portOf } from "@servent/overlay/base/ipv4.ts";
import { createServer as createHttpServer } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { latin1Decode } from "@servent/overlay/base/bytes.ts";
import { Listener, type ListenerOptions } from "./listener.ts";

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(options: Partial<ListenerOptions>): Promise<Listener> {
  const listener = await Listener.open({ host: "127.0.0.1", port: 0, handlers: [], ...options });
  open.push(() => listener.close());
  return listener;
}

async function dial(listener: Listener): Promise<Socket> {
  const socket = connect({ host: formatIpv4(ipv4Of(listener.address)), port: portOf(listener.address), noDelay: true });
  open.push(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Handlers that write down whose connection it was and what was read of it. */
function takers(...prefixes: string[]) {
  const taken: { prefix: string; head: string; socket: Socket }[] = [];
  const handlers = prefixes.map((prefix) => ({
    prefix,
    take: (socket: Socket, head: Uint8Array) => {
      open.push(() => socket.destroy());
      taken.push({ prefix, head: latin1Decode(head), socket });
    },
  }));
  return { taken, handlers };
}

async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.destroyed) await new Promise((resolve) => socket.on("close", resolve));
}

test("the first bytes decide whose connection it is, and come along", async () => {
  const { taken, handlers } = takers("GNUTELLA ", "GET ");
  const listener = await listen({ handlers });
  (await dial(listener)).write("GET /uri-res HTTP/1.1\r\n\r\n");
  (await dial(listener)).write("GNUTELLA CONNECT/0.6\r\n");
  await vi.waitFor(() => expect(taken.length).toBe(2));
  expect(taken.map(({ prefix, head }) => [prefix, head]).sort()).toEqual([
    ["GET ", "GET /uri-res HTTP/1.1\r\n\r\n"],
    ["GNUTELLA ", "GNUTELLA CONNECT/0.6\r\n"],
  ]);
});

test("a prefix may arrive byte by byte", async () => {
  const { taken, handlers } = takers("GNUTELLA ", "GIV ", "GET ");
  const listener = await listen({ handlers });
  const socket = await dial(listener);
  for (const byte of "GIV 7") {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => expect(taken[0]?.prefix).toBe("GIV "));
  const rest: Buffer[] = [];
  taken[0]?.socket.on("data", (bytes) => rest.push(bytes));
  socket.end(":f");
  await once(taken[0]?.socket as Socket, "end");
  expect(`${taken[0]?.head}${Buffer.concat(rest)}`).toBe("GIV 7:f");
});

test("where one prefix begins another, the first in the list has the first word", async () => {
  const { taken, handlers } = takers("PUSH ", "PUS");
  const listener = await listen({ handlers });
  const long = await dial(listener);
  long.write("PUS");
  long.write("H guid:");
  (await dial(listener)).write("PUSX");
  await vi.waitFor(() => expect(taken.length).toBe(2));
  expect(taken.map(({ prefix }) => prefix).sort()).toEqual(["PUS", "PUSH "]);
});

test("an empty prefix takes a connection that says nothing", async () => {
  const { taken, handlers } = takers("");
  const listener = await listen({ handlers });
  await dial(listener);
  await vi.waitFor(() => expect(taken[0]?.head).toBe(""));
});

test("who says something unknown is shown out", async () => {
  const { taken, handlers } = takers("GET ");
  const listener = await listen({ handlers });
  const socket = await dial(listener);
  socket.write("GEX");
  await closed(socket);
  expect(taken).toEqual([]);
  expect(listener.refused.unknown).toBe(1);
});

test("who says nothing, or speaks too slowly, is shown out in time", async () => {
  const { handlers } = takers("GNUTELLA ");
  const listener = await listen({ handlers, decideMs: 60 });
  const silent = await dial(listener);
  const slow = await dial(listener);
  const rest = [..."GNUTELLA"];
  const drip = setInterval(() => slow.write(rest.shift() ?? ""), 10);
  await Promise.all([closed(silent), closed(slow)]);
  clearInterval(drip);
  expect(listener.refused.silent).toBe(2);
});

test("who ends before deciding is let go", async () => {
  const { taken, handlers } = takers("GNUTELLA ");
  const listener = await listen({ handlers });
  const socket = await dial(listener);
  socket.end("GNU");
  await closed(socket);
  expect(taken).toEqual([]);
});

test("a crowd of silent connections does not keep an honest one out", async () => {
  const { taken, handlers } = takers("GET ");
  const listener = await listen({ handlers, undecidedMax: 5 });
  const crowd = await Promise.all(Array.from({ length: 20 }, () => dial(listener)));
  (await dial(listener)).write("GET /");
  await vi.waitFor(() => expect(taken.length).toBe(1));
  await vi.waitFor(() => expect(listener.refused.crowded).toBeGreaterThanOrEqual(15));
  expect(crowd.length).toBe(20);
});

test("one host cannot connect without end", async () => {
  const { taken, handlers } = takers("");
  const listener = await listen({ handlers, perMinuteMax: 3 });
  const sockets = await Promise.all(Array.from({ length: 5 }, () => dial(listener)));
  await vi.waitFor(() => expect(listener.refused.tooOften).toBe(2));
  expect(taken.length).toBe(3);
  expect(sockets.length).toBe(5);
});

test("a handed-over connection works as an HTTP server's own", async () => {
  const server = createHttpServer((request, response) => response.end(`you asked for ${request.url}`));
  const listener = await listen({
    handlers: [
      {
        prefix: "GET ",
        take: (socket, head) => {
          socket.unshift(head);
          server.emit("connection", socket);
        },
      },
    ],
  });
  const url = `http://127.0.0.1:${portOf(listener.address)}`;
  expect(await (await fetch(`${url}/one`)).text()).toBe("you asked for /one");
  expect(await (await fetch(`${url}/two`)).text()).toBe("you asked for /two");
  server.closeAllConnections();
});

test("a reset before or after the hand-over ends nobody's process", async () => {
  const { taken, handlers } = takers("GET ");
  const listener = await listen({ handlers });
  const early = await dial(listener);
  early.resetAndDestroy();
  const late = await dial(listener);
  late.write("GET ");
  await vi.waitFor(() => expect(taken.length).toBe(1));
  late.resetAndDestroy();
  await closed(taken[0]?.socket as Socket);
});

test("a taken port and a foreign address are the user's affair, with a code", async () => {
  const listener = await listen({});
  const again = Listener.open({ host: "127.0.0.1", port: portOf(listener.address), handlers: [] });
  await expect(again).rejects.toMatchObject({ code: "port_in_use", hint: expect.stringContaining("port") });
  const foreign = Listener.open({ host: "192.0.2.1", port: 0, handlers: [] });
  await expect(foreign).rejects.toMatchObject({ code: "invalid_value" });
});

test("closing drops who is undecided, and frees the port", async () => {
  const { handlers } = takers("GET ");
  const listener = await listen({ handlers });
  const socket = await dial(listener);
  const port = portOf(listener.address);
  await vi.waitFor(() => expect(socket.readyState).toBe("open"));
  listener.close();
  await closed(socket);
  const next = await listen({ port });
  expect(portOf(next.address)).toBe(port);
});
