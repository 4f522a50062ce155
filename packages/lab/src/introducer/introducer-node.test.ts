// The introducer over streams against callers that do not keep to the rules.
import { expect, test } from "vitest";
import type { Link, StreamNode, StreamPort } from "@servent/overlay/host/host.ts";
import { introducerCodec } from "@servent/overlay/protocols/introducer/codec.ts";
import { DESK_TIMER } from "@servent/overlay/protocols/introducer/desk.ts";
import { LIMITS } from "@servent/overlay/protocols/introducer/limits.ts";
import type { Message } from "@servent/overlay/protocols/introducer/messages.ts";
import { IntroducerNode } from "@servent/overlay/protocols/introducer/node.ts";
import { constant } from "../network/latency.ts";
import { World } from "../engine/world.ts";

/** Dials, says these things, and notes what it hears and when the link ends. */
class Caller implements StreamNode<Message> {
  readonly heard: (Message | string)[] = [];
  private readonly port: StreamPort<Message>;
  private readonly says: readonly Message[];

  constructor(port: StreamPort<Message>, says: readonly Message[]) {
    this.port = port;
    this.says = says;
  }

  onOpen(link: Link, _remote: number, inbound: boolean): void {
    if (!inbound) for (const message of this.says) this.port.send(link, message);
  }
  onMessage(_link: Link, message: Message): void {
    this.heard.push(message);
  }
  onMalformed(): void {}
  onWritable(): void {}
  onClose(_link: Link, reason: string): void {
    this.heard.push(reason);
  }
  onTimer(): void {}
}

function opened() {
  const world = new World({ seed: 1, latency: constant(10), fidelity: "wire", timersMax: DESK_TIMER + 1 });
  // Address 0 is nobody's.
  world.peer(introducerCodec);
  const introducer = world.peer(introducerCodec);
  const node = new IntroducerNode(introducer.host, introducer.port, { networks: ["chord"], mayList: () => true });
  introducer.attach(node);
  node.start();
  const call = (...says: readonly Message[]) => {
    const peer = world.peer(introducerCodec);
    const caller = new Caller(peer.port, says);
    peer.attach(caller);
    peer.dial(introducer.address);
    return { caller, address: peer.address, peer };
  };
  return { world, node, call };
}

test("one request is answered on each stream, and the introducer hangs up", () => {
  const { world, call } = opened();
  const { caller } = call(
    { kind: "ask", networks: ["chord"], count: 3, port: 0 },
    { kind: "leave", network: "chord", port: 1 },
  );
  world.runFor(1000);
  expect(caller.heard).toEqual([{ kind: "peers", peers: [], againSeconds: 10 }, "closed by the other side"]);
});

test("an answer is no request", () => {
  const { world, call } = opened();
  const { caller } = call({ kind: "left" });
  world.runFor(1000);
  expect(caller.heard[0]).toEqual({ kind: "refused", reason: "malformed", againSeconds: 0 });
});

test("whoever says nothing is hung up on in time", () => {
  const { world, call } = opened();
  const { caller } = call();
  world.runFor(LIMITS.linkMs - 1000);
  expect(caller.heard).toEqual([]);
  world.runFor(3000);
  expect(caller.heard).toEqual(["closed by the other side"]);
});

test("a peer is checked by a dial, over which nothing is said", () => {
  const { world, node, call } = opened();
  const { caller, address } = call({ kind: "join", network: "chord", port: 2, load: 0 });
  expect(address).toBe(2);
  world.runFor(2000);
  expect(node.desk.numbers()).toEqual([{ network: "chord", known: 1, ready: 1 }]);
  expect(caller.heard.filter((each) => typeof each !== "string")).toEqual([
    { kind: "joined", reachable: "unknown", againSeconds: 60 },
  ]);
});

test("more callers than there is room for drive out the oldest, not the newest", () => {
  const { world, call } = opened();
  const callers = Array.from({ length: LIMITS.linksMax + 1 }, () => call().caller);
  world.runFor(100);
  expect(callers[0]?.heard).toEqual(["closed by the other side"]);
  expect(callers.at(-1)?.heard).toEqual([]);
});
