import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { DaemonEvent } from "./shapes.ts";
import { parseEvent, readEvents } from "./event-stream.ts";

const EVENT = { id: 7, at: "2026-01-01T12:00:00Z", type: "transfer.state", data: { id: "t_1", name: "潮" } };
const BLOCK = `id: 7\nevent: transfer.state\ndata: ${JSON.stringify(EVENT)}\n\n`;

async function read(chunks: readonly (string | Uint8Array)[]): Promise<DaemonEvent[]> {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  const events: DaemonEvent[] = [];
  for await (const event of readEvents(stream, new AbortController().signal)) {
    events.push(event);
  }
  return events;
}

test("events arrive whole, however the bytes are cut", async () => {
  const bytes = new TextEncoder().encode(BLOCK + BLOCK);
  for (const size of [1, 7, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    );
    expect(await read(chunks)).toEqual([EVENT, EVENT]);
  }
});

test("heartbeats are no events", async () => {
  expect(await read([":\n\n", BLOCK, ": still here\n\n"])).toEqual([EVENT]);
});

test("an event that is not ended is not told", async () => {
  expect(await read([BLOCK, "id: 8\ndata: {}"])).toEqual([EVENT]);
});

test("a bare payload gets the type and id of its lines", () => {
  expect(parseEvent('id: 9\nevent: reset\ndata: {"reason":\ndata: "too_slow"}')).toMatchObject({
    id: 9,
    type: "reset",
    data: { reason: "too_slow" },
  });
});
