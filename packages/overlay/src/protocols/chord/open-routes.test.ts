import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import type { LookupResult } from "./lookup.ts";
import type { Message } from "./messages.ts";
import { LAST, NO_ROUTE, ON, OpenRoutes, OWN, type RoutingNode } from "./open-routes.ts";

const TIMEOUT_MS = 100;
const OWNER = 77;

/** A node at `address` whose random numbers are 1, 2, 3 …; its clock is moved by hand. */
function node(table: OpenRoutes<number>, address: number) {
  let now = 0;
  let drawn = 0;
  let armed = Number.POSITIVE_INFINITY;
  const sent: string[] = [];
  const heard: string[] = [];
  const made: RoutingNode<number> = {
    id: 1000 + address,
    address,
    lastRoute: NO_ROUTE,
    routeTimeoutMs: TIMEOUT_MS,
    routeTries: 2,
    now: () => now,
    u32: () => ++drawn,
    send: (to: number, message: Message<number>) => void sent.push(`${describe(message)} to ${to} at ${now}`),
    armRoute: (delay: number) => void (armed = now + delay),
    disarmRoute: () => void (armed = Number.POSITIVE_INFINITY),
    onRouted: ({ number, owner, hops, ms }: LookupResult<number>) =>
      void heard.push(`${number}: ${owner?.id ?? "nobody"}, ${hops} hops, ${ms} ms`),
  };
  const runTo = (end: number): void => {
    while (armed <= end) {
      now = armed;
      armed = Number.POSITIVE_INFINITY;
      table.onDeadline(made);
    }
    now = end;
  };
  return { made, sent, heard, runTo, isArmed: () => armed < Number.POSITIVE_INFINITY };
}

function describe(message: Message<number>): string {
  if (message.kind === "arrived") return `arrived ${message.token}`;
  return message.kind === "route" ? `route ${message.token} for ${message.key}, last ${message.isLast}` : message.kind;
}

test("lookups are answered in any order, each once and by its token alone", () => {
  const table = new OpenRoutes<number>();
  const { made, heard, runTo, isArmed } = node(table, 5);
  for (let number = 1; number <= 4; number++) table.ask(made, number, 10 * number, 6, ON);
  runTo(30);
  for (const token of [3, 1, 99, 3, 4, 2]) table.onArrived(made, OWNER, token, 500 + token, token);
  expect(heard).toEqual([
    "3: 503, 3 hops, 30 ms",
    "1: 501, 1 hops, 30 ms",
    "4: 504, 4 hops, 30 ms",
    "2: 502, 2 hops, 30 ms",
  ]);
  expect(isArmed()).toBe(false);
});

test("a lookup that nobody answers is sent again as it was, and then has failed; the oldest first", () => {
  const table = new OpenRoutes<number>();
  const { made, sent, heard, runTo, isArmed } = node(table, 5);
  table.ask(made, 1, 10, 6, ON);
  runTo(40);
  table.ask(made, 2, 20, 7, LAST);
  table.ask(made, 3, 30, 5, OWN);
  sent.length = 0;
  runTo(1000);
  expect(sent).toEqual([
    "route 1 for 10, last false to 6 at 100",
    "route 2 for 20, last true to 7 at 140",
    "arrived 3 to 5 at 140",
  ]);
  expect(heard).toEqual(["1: nobody, 0 hops, 200 ms", "2: nobody, 0 hops, 200 ms", "3: nobody, 0 hops, 200 ms"]);
  expect(isArmed()).toBe(false);
});

test("a token that an open lookup has is not drawn again", () => {
  const table = new OpenRoutes<number>();
  const { made, sent } = node(table, 5);
  const tokens = [8, 8, 8, 9];
  const drawing = { ...made, u32: () => tokens.shift() ?? 0 };
  table.ask(drawing, 1, 10, 6, ON);
  table.ask(drawing, 2, 20, 6, ON);
  expect(sent.map((line) => line.split(" ")[1])).toEqual(["8", "9"]);
});

test("nodes that share a table do not hear each other's answers, and what one forgets the others keep", () => {
  const table = new OpenRoutes<number>();
  const [a, b] = [node(table, 5), node(table, 6)];
  for (let number = 1; number <= 3; number++) {
    table.ask(a.made, number, 10, 9, ON);
    table.ask(b.made, 10 + number, 20, 9, ON);
  }
  table.onArrived(a.made, OWNER, 2, 500, 4);
  table.cancel(a.made);
  table.onArrived(a.made, OWNER, 1, 500, 4);
  // Places that the first gave up, taken by the second.
  table.ask(b.made, 14, 40, 9, ON);
  for (const token of [1, 2, 3, 4]) table.onArrived(b.made, OWNER, token, 600, 1);
  expect(a.heard).toEqual(["2: 500, 4 hops, 0 ms"]);
  expect(b.heard.map((line) => line.split(":")[0])).toEqual(["11", "12", "13", "14"]);
  expect([a.isArmed(), b.isArmed()]).toEqual([false, false]);
});

test("a node has so many open at a time, and room again when one is answered", () => {
  const table = new OpenRoutes<number>();
  const { made } = node(table, 5);
  for (let number = 1; number < LIMITS.requestsMax; number++) table.ask(made, number, 10, 6, ON);
  expect(table.isFull(made)).toBe(false);
  table.ask(made, LIMITS.requestsMax, 10, 6, ON);
  expect(table.isFull(made)).toBe(true);
  expect(table.isFull(node(table, 6).made)).toBe(false);
  table.onArrived(made, OWNER, 7, 500, 1);
  expect(table.isFull(made)).toBe(false);
});
