// A port that says one line, towards whoever does not take it and go.
import { connect, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { LIMITS } from "./limits.ts";
import { LinePort } from "./line-port.ts";

const closing: (() => unknown)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closing.splice(0).toReversed()) close();
});

async function opened(): Promise<{ port: LinePort; dial: (from: string) => Promise<Socket> }> {
  const port = await LinePort.open("127.0.0.1:0", () => "10.0.0.5:8888");
  closing.push(() => port.close());
  const [host = "", number = ""] = port.place.split(":");
  const dial = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host, port: Number(number), localAddress, allowHalfOpen: true });
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  };
  return { port, dial };
}

/** What it says; empty where it hangs up without a word. */
async function said(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  await new Promise((resolve) => socket.once("end", resolve).once("close", resolve));
  return text;
}

test("connections of one host that stay are few, and another host is answered", async () => {
  const { dial } = await opened();
  for (let i = 0; i < LIMITS.lineConnectionsPerHostMax; i++) {
    expect(await said(await dial("127.0.0.61"))).toBe("10.0.0.5:8888\n");
  }
  expect(await said(await dial("127.0.0.61"))).toBe("");
  expect(await said(await dial("127.0.0.62"))).toBe("10.0.0.5:8888\n");
});

test("who goes on writing does not stay for that", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { dial } = await opened();
  const socket = await dial("127.0.0.63");
  await said(socket);
  const closed = new Promise((resolve) => socket.once("close", resolve));

  const writing = setInterval(() => socket.write("x"), 10);
  closing.push(() => clearInterval(writing));
  vi.advanceTimersByTime(LIMITS.lineTimeoutMs);
  await closed;
});
