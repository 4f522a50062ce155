import { describe, expect, test } from "vitest";
import type { StreamPort } from "../../host/host.ts";
import { Outbox } from "./outbox.ts";
import type { Message } from "./messages.ts";

/** A link with room for so many messages more. */
function narrowPort(): {
  readonly port: StreamPort<Message>;
  readonly sent: string[];
  grant: (messages: number) => void;
} {
  const sent: string[] = [];
  let room = 0;
  const port: StreamPort<Message> = {
    self: 1,
    dial: () => 0,
    send: (_link, { text }) => {
      sent.push(text);
      return --room > 0;
    },
    room: () => room,
    close: () => {},
  };
  return { port, sent, grant: (messages) => (room = messages) };
}

describe("an outbox", () => {
  test("sends in order what there is room for, and counts what waits", () => {
    const { port, sent, grant } = narrowPort();
    const outbox = new Outbox(4);
    for (const text of ["a", "bb", "ccc"]) outbox.push({ type: 404, text });
    expect([outbox.isEmpty, outbox.weight]).toEqual([false, 18]);

    grant(2);
    outbox.flush(port, 0);
    expect([sent, outbox.weight]).toEqual([["a", "bb"], 7]);

    outbox.push({ type: 404, text: "dddd" });
    grant(9);
    outbox.flush(port, 0);
    expect([sent, outbox.weight, outbox.isEmpty]).toEqual([["a", "bb", "ccc", "dddd"], 0, true]);
  });

  test("does not grow where the other side always leaves one message unread", () => {
    const { port, sent, grant } = narrowPort();
    const outbox = new Outbox(4);
    outbox.push({ type: 404, text: "first" });
    for (let i = 0; i < 10_000; i++) {
      outbox.push({ type: 404, text: String(i) });
      grant(1);
      outbox.flush(port, 0);
      expect(outbox.held).toBeLessThanOrEqual(2);
    }
    expect(sent).toEqual(["first", ...Array.from({ length: 9999 }, (_, i) => String(i))]);
  });

  test("holds few that have gone while many wait", () => {
    const { port, grant } = narrowPort();
    const outbox = new Outbox(4);
    for (let i = 0; i < 10_000; i++) outbox.push({ type: 404, text: "" });
    for (let left = 9990; left >= 0; left -= 10) {
      grant(10);
      outbox.flush(port, 0);
      expect(outbox.held - left).toBeLessThanOrEqual(1024);
    }
    expect(outbox.isEmpty).toBe(true);
  });
});
