import { formatEndpoint, portOf } from "@servent/overlay/base/ipv4.ts";
import { createSocket } from "node:dgram";
import { afterEach, expect, test, vi } from "vitest";
import { decoded, malformed } from "@servent/overlay/base/decoded.ts";
import { latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import type { Address, DatagramCodec } from "@servent/overlay/host/host.ts";
import { addressFrom } from "./address.ts";
import { SocketDatagramPort } from "./socket-datagram-port.ts";

const codec: DatagramCodec<string> = {
  datagramBytesMax: 100,
  size: (message) => message.length,
  encode: latin1Encode,
  decode: (bytes) => (bytes[0] === 0x21 ? malformed("word", "it shouts") : decoded(latin1Decode(bytes))),
};

const ports: SocketDatagramPort<string>[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

async function open(host: string) {
  const port = await SocketDatagramPort.open(codec, { host, port: 0 });
  ports.push(port);
  const heard: { from: Address; message: string }[] = [];
  port.attach({ onMessage: (from, message) => heard.push({ from, message }) });
  return { port, heard };
}

test("a datagram arrives, and its sender is who it says", async () => {
  const a = await open("127.0.0.2");
  const b = await open("127.0.0.3");
  a.port.send(b.port.self, "hello");
  expect(b.heard).toEqual([]);
  await vi.waitFor(() => expect(b.heard).toEqual([{ from: a.port.self, message: "hello" }]));
  expect([a.port.counts.sent, b.port.counts.received]).toEqual([1, 1]);
});

test("sending to oneself comes back later, not at once", async () => {
  const a = await open("127.0.0.2");
  a.port.send(a.port.self, "me");
  expect(a.heard).toEqual([]);
  await vi.waitFor(() => expect(a.heard.length).toBe(1));
});

test("too large, no endpoint, nobody there, closed: no word, but a count", async () => {
  const a = await open("127.0.0.2");
  const gone = await open("127.0.0.3");
  gone.port.close();
  a.port.send(gone.port.self, "anybody?");
  a.port.send(a.port.self, "x".repeat(101));
  a.port.send(2 ** 50, "where?");
  a.port.send(addressFrom("127.0.0.3", 0) ?? 0, "which door?");
  expect(a.port.counts).toMatchObject({ sent: 1, tooLarge: 1, failed: 2 });
  gone.port.send(a.port.self, "from the grave");
  expect(gone.port.counts.sent).toBe(0);
});

test("what cannot be decoded is dropped and counted", async () => {
  const a = await open("127.0.0.2");
  const stranger = createSocket("udp4");
  stranger.send(Buffer.from("!!!"), portOf(a.port.self), "127.0.0.2");
  stranger.send(Buffer.from("fine"), portOf(a.port.self), "127.0.0.2");
  await vi.waitFor(() => expect(a.heard.map(({ message }) => message)).toEqual(["fine"]));
  expect(a.port.counts.undecodable).toBe(1);
  stranger.close();
});

test("bytes are counted, and a port on every address says the one that it was told to", async () => {
  const a = await open("127.0.0.2");
  const everywhere = await SocketDatagramPort.open(codec, { host: "0.0.0.0", port: 0, advertise: "127.0.0.9" });
  ports.push(everywhere);
  everywhere.attach({ onMessage: () => undefined });

  a.port.send(everywhere.self, "hello");

  expect(formatEndpoint(everywhere.self)).toMatch(/^127\.0\.0\.9:[1-9]/);
  await vi.waitFor(() => expect(everywhere.counts.bytesReceived).toBe(5));
  expect(a.port.counts.bytesSent).toBe(5);
});

test("a taken port has a code", async () => {
  const a = await open("127.0.0.2");
  const again = SocketDatagramPort.open(codec, { host: "127.0.0.2", port: portOf(a.port.self) });
  await expect(again).rejects.toMatchObject({ code: "port_in_use" });
});
