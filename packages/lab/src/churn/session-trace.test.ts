import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { parseSessionTrace, pausesOf, sessionsOf, TraceReplay, type SessionTrace } from "./session-trace.ts";

function trace(text: string): SessionTrace {
  const parsed = parseSessionTrace(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

const TEXT = `# peer up down
3 100 200
0 0 50
3, 260, 300

0	50	70
1 40 260
`;

test("a replay has every coming and going in order of time; at the same instant peers go first", () => {
  const replay = new TraceReplay(trace(TEXT));
  const events: string[] = [];
  for (; replay.at < Number.POSITIVE_INFINITY; replay.advance()) {
    events.push(`${replay.at} ${replay.peer} ${replay.up ? "up" : "down"}`);
  }
  expect(events).toEqual([
    "0 0 up",
    "40 1 up",
    "50 0 down",
    "50 0 up",
    "70 0 down",
    "100 3 up",
    "200 3 down",
    "260 1 down",
    "260 3 up",
    "300 3 down",
  ]);
  expect(trace(TEXT).peers).toBe(4);
});

test("its sessions and pauses can be drawn from", () => {
  const random = new RandomStream("7", "trace");
  const sessions = sessionsOf(trace(TEXT));
  expect(sessions.meanMs).toBe((100 + 50 + 40 + 20 + 220) / 5);
  const drawn = new Set(Array.from({ length: 200 }, () => sessions.draw(random)));
  expect([...drawn].sort((a, b) => a - b)).toEqual([20, 40, 50, 100, 220]);
  // Peer 0 came again at once, so the only pause is that of peer 3.
  expect(pausesOf(trace(TEXT))?.meanMs).toBe(60);
  expect(pausesOf(trace("0 0 5\n1 0 5\n"))).toBeUndefined();
});

test.each([
  ["", "there is no session in it"],
  ["# only words\n", "there is no session in it"],
  ["0 0 5\n1 2\n", "line 2: expected a peer and the milliseconds at which it came and went"],
  ["0 0 5\n\n1 2 -3\n", "line 3: expected a peer and the milliseconds"],
  ["0 0.5 5\n", "line 1: expected a peer and the milliseconds"],
  ["0 5 5\n", "line 1: expected that the peer goes after it came, but it went at 5"],
  ["9999999 0 5\n", "line 1: expected a peer below 1000000, got 9999999"],
  ["0 0 9999999999\n", "line 1: expected times up to 2147483647 ms"],
  ["0 0 10\n1 0 5\n0 5 20\n", "line 3: peer 0 came before it went at 10 (line 1)"],
])("of the text %j it says what is wrong, and where", (text, expected) => {
  expect(parseSessionTrace(text)).toEqual({ ok: false, problem: expect.stringContaining(expected) });
});
