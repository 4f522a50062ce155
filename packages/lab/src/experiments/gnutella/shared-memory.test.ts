import { RecentRoutes } from "@servent/overlay/base/recent-routes.ts";
import { QueryRoutingTable, TableReceiver, tableMessages } from "@servent/overlay/protocols/gnutella/query-routing.ts";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../engine/random.ts";
import { SharedMemory } from "./shared-memory.ts";

/** 16 bytes as hex digits. */
function randomId(random: RandomStream): string {
  let id = "";
  for (let i = 0; i < 4; i++) id += random.u32().toString(16).padStart(8, "0");
  return id;
}

describe("routes of many nodes in one table", () => {
  test("each node sees what it would see in a table of its own", () => {
    const random = new RandomStream("routes", "test");
    const periodMs = 1000;
    const memory = new SharedMemory({ periodMs });
    const nodes = Array.from({ length: 7 }, (_, node) => ({
      shared: memory.of(node).queries,
      own: new RecentRoutes({ generationMax: Number.POSITIVE_INFINITY, periodMs }),
    }));
    const ids = Array.from({ length: 400 }, () => randomId(random));
    let now = 0;
    for (let step = 0; step < 40_000; step++) {
      // All tables turn together when the first of them is asked, so everybody is asked at every turn.
      if (random.below(50) === 0) {
        now += random.below(700);
        for (const { shared, own } of nodes) {
          expect(shared.route("0".repeat(32), now)).toBe(own.route("0".repeat(32), now));
        }
      }
      const { shared, own } = nodes[random.below(nodes.length)] as (typeof nodes)[number];
      const id = ids[random.below(ids.length)] as string;
      const route = random.below(1 << 20);
      switch (random.below(3)) {
        case 0:
          expect(shared.add(id, route, now)).toBe(own.add(id, route, now));
          break;
        case 1:
          shared.renew(id, route, now);
          own.renew(id, route, now);
          break;
        default:
          expect(shared.route(id, now)).toBe(own.route(id, now));
      }
    }
  });

  test("ids are forgotten after two periods, also when nothing happens for long", () => {
    const memory = new SharedMemory({ periodMs: 1000 });
    const routes = memory.of(3).pings;
    for (let i = 0; i < 5000; i++) routes.add(i.toString(16).padStart(32, "0").split("").toReversed().join(""), i, 10);
    expect(memory.size).toBe(5000);
    routes.route("0".repeat(32), 1500);
    expect(memory.size).toBe(5000);
    routes.route("0".repeat(32), 2600);
    expect(memory.size).toBe(0);

    routes.add("1".repeat(32), 1, 3000);
    routes.route("0".repeat(32), 99_000);
    expect(memory.size).toBe(0);
  });
});

test("a receiver of a patch holds the sender's own table, and an equal one where the patch came from elsewhere", () => {
  const header = { id: "00".repeat(16), ttl: 1, hops: 0 };
  const memory = new SharedMemory({ periodMs: 1000 });
  const table = new QueryRoutingTable(16);
  for (const word of ["blue", "train", "bicycle"]) table.addWord(word);
  const sealed = table.seal();
  const receive = (messages: ReturnType<typeof tableMessages>): TableReceiver => {
    const receiver = new TableReceiver();
    for (const message of messages) {
      if (message.kind === "table-reset") receiver.onReset({ ...message, header });
      else receiver.onPatch({ ...message, header }, undefined, memory);
    }
    return receiver;
  };

  const told = tableMessages(undefined, sealed, undefined, memory);
  const decoded = told.map((message) => ("data" in message ? { ...message, data: message.data.slice() } : message));

  expect(receive(told).table).toBe(sealed);
  expect(receive(decoded).table).not.toBe(sealed);
  expect(receive(decoded).table?.equals(sealed)).toBe(true);
});
