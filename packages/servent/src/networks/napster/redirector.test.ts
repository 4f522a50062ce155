// Asking a redirector that means to keep whoever asks.
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { ANSWER_MS, askRedirector } from "./redirector.ts";

/** Its line, at a byte each tenth of a second, would take longer. */
const PATIENCE_MS = 3000;
const closing: (() => unknown)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closing.splice(0).toReversed()) close();
});

test("a redirector that says its line byte after byte is left when its time is over", async () => {
  let trickle = (_socket: Socket): void => {};
  const asked = new Promise<Socket>((resolve) => (trickle = resolve));
  const server = createServer((socket) => trickle(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;

  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const answer = askRedirector({ host: "127.0.0.1", port }, undefined);
  const socket = await asked;
  socket.on("error", () => undefined);
  closing.push(() => socket.destroy());
  const writing = setInterval(() => socket.write("1"), 100);
  closing.push(() => clearInterval(writing));
  vi.advanceTimersByTime(ANSWER_MS);
  const patience = new Promise((resolve) => {
    const waiting = setInterval(() => resolve("still there"), PATIENCE_MS);
    closing.push(() => clearInterval(waiting));
  });
  expect(await Promise.race([answer, patience])).toBeUndefined();
});
