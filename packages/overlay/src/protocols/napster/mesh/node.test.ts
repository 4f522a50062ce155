// A server of the mesh on a host and port made by hand: what others may do to it. How servers find each other's ways is shown in
// the lab (packages/lab/src/napster/mesh.test.ts).
import { describe, expect, test } from "vitest";
import { utf8Encode } from "../../../base/bytes.ts";
import type { Host, Link, StreamPort } from "../../../host/host.ts";
import type { UnionMessage } from "../server/union.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { Beat, Envelope, Hello, MeshMessage } from "./messages.ts";
import { MeshNode } from "./node.ts";
import { type MeshOptions, USUAL_MESH_OPTIONS } from "./options.ts";
import { proofOf } from "./proof.ts";
import { encodeUnionMessage } from "./union-codec.ts";

const KEY = utf8Encode("a key that the whole union has");
const NORTH = "00000000000000aa";
const SOUTH = "00000000000000bb";
const WEST = "00000000000000cc";

function setUp(changes: Partial<MeshOptions> = {}) {
  let now = 1000;
  let draws = 0;
  let timerAt = Number.POSITIVE_INFINITY;
  let room = 65_536;
  const sent: { link: Link; message: MeshMessage }[] = [];
  const closed = new Map<Link, string>();
  const dialled: number[] = [];
  const told: string[] = [];
  const host: Host = {
    now: () => now,
    u32: () => Math.imul(++draws, 0x9e3779b1) >>> 0,
    arm: (_timer, delay) => (timerAt = now + Math.max(1, delay)),
    disarm: () => (timerAt = Number.POSITIVE_INFINITY),
  };
  const port: StreamPort<MeshMessage> = {
    self: 1,
    dial: (to) => {
      dialled.push(to);
      return 900 + dialled.length;
    },
    send: (link, message) => {
      sent.push({ link, message });
      return true;
    },
    room: () => room,
    close: (link, reason) => closed.set(link, closed.get(link) ?? reason),
  };
  const options: MeshOptions = { ...USUAL_MESH_OPTIONS, name: "self", key: KEY, address: 1, servers: [], ...changes };
  const node = new MeshNode(host, port, options, {
    onUnionMessage: (from, message) => told.push(`${from} says ${message.kind}`),
    onServerUp: (name) => told.push(`+${name}`),
    onServerDown: (name) => told.push(`-${name}`),
    onLinkOpen: (name) => told.push(`linked with ${name}`),
    onLinkClosed: (name, reason) => told.push(`${name} lost: ${reason}`),
    onRefused: (_remote, reason) => told.push(`refused: ${reason}`),
  });
  node.start();
  const on = (link: Link): MeshMessage[] => sent.filter((each) => each.link === link).map(({ message }) => message);
  const setRoom = (bytes: number): void => void (room = bytes);
  const runFor = (ms: number, heartbeats: readonly Link[] = []): void => {
    for (const end = now + ms; now < end; ) {
      now++;
      if (timerAt > now) continue;
      timerAt = Number.POSITIVE_INFINITY;
      // Timers first, as on sockets: what arrived meanwhile is read behind them.
      node.onTimer(0);
      for (const link of heartbeats) node.onMessage(link, beat(link === 0 ? NORTH : SOUTH, now));
    }
  };
  /** The process gets no time for so long. */
  const standStill = (ms: number): void => void (now += ms);
  /** Somebody dials us and says hello. */
  const greet = (link: Link, id: string, name: string): Hello => {
    const hello: Hello = { kind: "hello", name, id, nonce: new Uint8Array(16).fill(link), address: 100 + link };
    node.onOpen(link, 5000 + link, true);
    node.onMessage(link, hello);
    return hello;
  };
  const answerOn = (link: Link): Hello => on(link).find((message) => message.kind === "hello") as Hello;
  const join = (link: Link, id: string, name: string): void => {
    const dialler = greet(link, id, name);
    node.onMessage(link, {
      kind: "proof",
      code: proofOf(KEY, "dialler", { dialler, answerer: answerOn(link) }),
    });
    node.onMessage(link, beat(id, 1, name));
  };
  return { node, on, closed, dialled, told, runFor, standStill, setRoom, greet, answerOn, join };
}

function beat(origin: string, number: number, name = origin === NORTH ? "north" : "south", path: string[] = []): Beat {
  return { kind: "beat", origin, name, address: undefined, number, isLast: false, path };
}

function envelope(origin: string, number: number, to: readonly string[], message: UnionMessage): Envelope {
  const payload = encodeUnionMessage(message) as Uint8Array;
  return { kind: "envelope", origin, number, rank: "word", hops: 0, to, payload };
}

const gone: UnionMessage = { kind: "gone", nick: "anna" };
const search: UnionMessage = {
  kind: "search",
  id: 1,
  asker: { nick: "anna", ip: 1, port: 1, linkSpeed: 1, client: "c" },
  request: "x".repeat(1000),
};

describe("a greeting", () => {
  test("that is proved makes a link, and the first heartbeat a server", () => {
    const { node, told, join, on } = setUp();
    join(0, NORTH, "north");
    expect(told).toEqual(["linked with north", "+north"]);
    expect(node.servers()).toEqual(["north"]);
    expect(on(0).map(({ kind }) => kind)).toEqual(["hello", "proof", "beat"]);
  });

  test("that is not proved gets our name and no proof of ours, which could be guessed at", () => {
    const { node, on, closed, greet } = setUp();
    greet(0, NORTH, "north");
    node.onMessage(0, { kind: "proof", code: new Uint8Array(32) });
    expect(on(0).map(({ kind }) => kind)).toEqual(["hello", "goodbye"]);
    expect(closed.get(0)).toBe("another key than this union's");
  });

  test("cannot be proved with our own proof, sent back, nor with one of an earlier link", () => {
    const { node, closed, greet, answerOn } = setUp();
    const dialler = greet(0, NORTH, "north");
    node.onMessage(0, { kind: "proof", code: proofOf(KEY, "answerer", { dialler, answerer: answerOn(0) }) });
    expect(closed.has(0)).toBe(true);

    const overheard = proofOf(KEY, "dialler", { dialler, answerer: answerOn(0) });
    node.onOpen(1, 5001, true);
    node.onMessage(1, dialler);
    node.onMessage(1, { kind: "proof", code: overheard });
    expect(closed.has(1)).toBe(true);
  });

  test("must come before all else, and within five seconds", () => {
    const { node, closed, runFor } = setUp();
    node.onOpen(0, 5000, true);
    node.onMessage(0, beat(NORTH, 1));
    node.onOpen(1, 5001, true);
    node.onMessage(1, envelope(NORTH, 1, [node.id], gone));
    node.onOpen(2, 5002, true);
    runFor(MESH_LIMITS.handshakeTimeoutMs + 1000);
    expect([...closed.values()]).toEqual(["beat out of turn", "envelope out of turn", "the handshake took too long"]);
    expect(node.servers()).toEqual([]);
  });

  test("of whom many begin none keeps others out: the oldest makes room", () => {
    const { node, closed, told, join } = setUp();
    for (let link = 10; link < 10 + 3 * MESH_LIMITS.handshakesMax; link++) node.onOpen(link, 6000, true);
    expect(closed.size).toBe(2 * MESH_LIMITS.handshakesMax);
    join(0, NORTH, "north");
    expect(told).toContain("+north");
  });

  test("of many strangers does not keep us from dialling", () => {
    const { node, dialled, runFor } = setUp({ servers: [77], linksWanted: 2 });
    for (let link = 10; link < 16; link++) node.onOpen(link, 6000, true);
    runFor(10);
    expect(dialled).toEqual([77]);
  });
});

describe("an address", () => {
  test("is dialled, and its server is linked when both have proved the key, each once", () => {
    const { node, on, told, runFor } = setUp({ servers: [77] });
    runFor(10);
    node.onOpen(901, 77, false);
    const dialler = on(901)[0] as Hello;
    const answerer: Hello = { kind: "hello", name: "north", id: NORTH, nonce: new Uint8Array(16), address: 77 };
    node.onMessage(901, answerer);
    node.onMessage(901, { kind: "proof", code: proofOf(KEY, "answerer", { dialler, answerer }) });
    node.onMessage(901, beat(NORTH, 1));
    expect(on(901).map(({ kind }) => kind)).toEqual(["hello", "proof", "beat"]);
    expect(told).toEqual(["linked with north", "+north"]);
  });

  test("that turns out to be our own is not dialled again", () => {
    const { node, dialled, on, runFor } = setUp({ servers: [77] });
    runFor(10);
    node.onOpen(901, 77, false);
    const own = on(901)[0] as Hello;
    node.onMessage(901, own);
    node.onClose(901, "closed");
    runFor(60_000);
    expect(dialled).toEqual([77]);
  });

  test("that nobody answers at is tried again after one second, two, four, and then every eight at the most", () => {
    const { node, dialled, runFor } = setUp({ servers: [77] });
    const times: number[] = [];
    for (let ms = 0; ms < 120_000; ms += 100) {
      const before = dialled.length;
      runFor(100);
      if (dialled.length === before) continue;
      times.push(ms);
      node.onClose(900 + dialled.length, "connection refused");
    }
    const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
    expect(gaps[0]).toBeLessThanOrEqual(1600);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(MESH_LIMITS.redialMaxMs + 600);
    expect(times.length).toBeLessThan(40);
  });

  test("that another server names is dialled only where the options say so", () => {
    const accepted = setUp();
    const careful = setUp({ accepts: () => false });
    for (const { node, join, runFor } of [accepted, careful]) {
      join(0, NORTH, "north");
      node.onMessage(0, { ...beat(WEST, 1, "west", [NORTH]), address: 333 });
      runFor(600);
    }
    expect([accepted.dialled, careful.dialled]).toEqual([[333], []]);
  });
});

describe("a heartbeat", () => {
  test("is passed on once, to whom it has not passed, with us in its path", () => {
    const { node, on, join } = setUp();
    join(0, NORTH, "north");
    join(1, SOUTH, "south");
    const news = beat(WEST, 1, "west", [NORTH]);
    node.onMessage(0, news);
    node.onMessage(0, news);
    const passed = (link: Link): MeshMessage[] =>
      on(link).filter((message) => message.kind === "beat" && message.origin === WEST);
    expect(passed(1)).toEqual([{ ...news, path: [NORTH, node.id] }]);
    expect(passed(0)).toEqual([]);
  });

  test("that has passed us is no way: a message does not go in a circle", () => {
    const { node, on, join } = setUp();
    join(0, NORTH, "north");
    join(1, SOUTH, "south");
    node.onMessage(0, beat(WEST, 1, "west", [NORTH]));
    node.onMessage(1, beat(WEST, 2, "west", [NORTH, node.id, SOUTH]));
    node.onClose(0, "reset");
    node.send("west", gone);
    expect(on(1).filter(({ kind }) => kind === "envelope")).toEqual([]);
  });

  test("under our own name, or under another server's, is not believed", () => {
    const { node, told, join } = setUp();
    join(0, NORTH, "north");
    node.onMessage(0, beat(WEST, 1, "SELF", [NORTH]));
    node.onMessage(0, beat(WEST, 1, "North", [NORTH]));
    expect(told.filter((line) => line[0] === "+")).toEqual(["+north"]);
    expect(node.counters.beatsRefused).toBe(2);
  });

  test("that somebody else should have sent is a fault, and eight end the link", () => {
    const { node, closed, join } = setUp();
    join(0, NORTH, "north");
    for (let i = 0; i < MESH_LIMITS.faultsMax; i++) node.onMessage(0, beat(WEST, i, "west"));
    expect(closed.get(0)).toBe("a heartbeat from somebody else");
  });

  test("of more servers than a union has is refused and counted, and costs no memory", () => {
    const { node, join } = setUp();
    join(0, NORTH, "north");
    for (let i = 0; i < 500; i++) {
      node.onMessage(0, beat(i.toString(16).padStart(16, "0"), 1, `server${i}`, [NORTH]));
    }
    expect(node.servers().length).toBe(MESH_LIMITS.serversMax - 1);
    expect(node.counters.beatsRefused).toBeGreaterThan(400);
  });

  test("that is missing for two seconds ends the link, and for three and a half the server", () => {
    const { told, join, runFor } = setUp();
    join(0, NORTH, "north");
    runFor(3600);
    expect(told.slice(2)).toEqual(["north lost: no heartbeat", "-north"]);
  });

  test("is not missed in a time in which we ourselves stood still", () => {
    const { told, join, runFor, standStill } = setUp();
    join(0, NORTH, "north");
    runFor(1000, [0]);
    standStill(20_000);
    runFor(3000, [0]);
    expect(told).toEqual(["linked with north", "+north"]);
  });
});

describe("a message", () => {
  test("that comes by two ways is heard once", () => {
    const { node, told, join } = setUp();
    join(0, NORTH, "north");
    join(1, SOUTH, "south");
    const message = envelope(NORTH, 1, [node.id], gone);
    node.onMessage(0, message);
    node.onMessage(1, message);
    expect(told.filter((line) => line === "north says gone").length).toBe(1);
    expect(node.counters.duplicates).toBe(1);
  });

  test("for others is passed on by their ways, and dropped where it has passed too many servers", () => {
    const { node, on, told, join } = setUp();
    join(0, NORTH, "north");
    join(1, SOUTH, "south");
    const message = envelope(NORTH, 1, [node.id, SOUTH], gone);
    node.onMessage(0, message);
    node.onMessage(0, { ...message, number: 2, hops: MESH_LIMITS.hopsMax });
    const passed = on(1).filter(({ kind }) => kind === "envelope");
    expect(passed).toEqual([{ ...message, hops: 1, to: [SOUTH] }]);
    expect(told.filter((line) => line === "north says gone").length).toBe(2);
    expect(node.counters.strayed).toBe(1);
  });

  test("that says nothing, or comes from a server that nobody knows, is counted", () => {
    const { node, told, join } = setUp();
    join(0, NORTH, "north");
    node.onMessage(0, { ...envelope(NORTH, 1, [node.id], gone), payload: Uint8Array.of(1, 2, 3) });
    node.onMessage(0, envelope(WEST, 1, [node.id], gone));
    expect([node.counters.malformed, node.counters.unroutable]).toEqual([1, 1]);
    expect(told.length).toBe(2);
  });

  test("of ours whose text is too long is not sent, and stops nobody", () => {
    const { node, join } = setUp();
    join(0, NORTH, "north");
    node.send("north", { kind: "where", nick: "x".repeat(5000) });
    expect(node.counters.oversized).toBe(1);
  });
});

describe("a neighbour", () => {
  test("that sends lists of files beyond measure is heard with its words all the same", () => {
    const { node, told, join } = setUp();
    join(0, NORTH, "north");
    const file: UnionMessage = { kind: "deliver", nick: "anna", message: { type: 212, text: 'bob "a.mp3"' } };
    const most = MESH_LIMITS.workBurst / MESH_LIMITS.workOfEnvelope;
    for (let i = 0; i < most; i++) node.onMessage(0, { ...envelope(NORTH, i, [node.id], file), rank: "browse" });
    expect(node.counters.overworked).toBeGreaterThan(most / 3);
    node.onMessage(0, envelope(NORTH, most, [node.id], gone));
    expect(told.at(-1)).toBe("north says gone");
  });

  test("that sends more than its share is not heard above it", () => {
    const { node, told, join } = setUp();
    join(0, NORTH, "north");
    const most = MESH_LIMITS.workBurst / MESH_LIMITS.workOfEnvelope;
    for (let i = 0; i < 2 * most; i++) node.onMessage(0, envelope(NORTH, i, [node.id], gone));
    const heard = told.filter((line) => line === "north says gone").length;
    expect(heard).toBeLessThanOrEqual(most);
    expect(heard + node.counters.overworked).toBe(2 * most);
  });

  test("is told what of its messages came, by the heartbeat or after 64", () => {
    const { node, on, join, runFor } = setUp();
    join(0, NORTH, "north");
    const told = (): number[] => on(0).flatMap((message) => (message.kind === "received" ? [message.envelopes] : []));
    for (let i = 0; i < 70; i++) node.onMessage(0, envelope(NORTH, i, [node.id], gone));
    expect(told()).toEqual([64]);
    runFor(600);
    expect(told()).toEqual([64, 70]);
  });

  test("that goes is replaced: what it has not said to have goes another way, and what it has does not", () => {
    const { node, on, join } = setUp();
    join(0, NORTH, "north");
    join(1, SOUTH, "south");
    node.onMessage(1, beat(NORTH, 1, "north", [SOUTH]));
    for (let i = 0; i < 5; i++) node.send("north", gone);
    node.onMessage(0, { kind: "received", envelopes: 3 });
    node.onClose(0, "reset");
    const numbers = on(1).flatMap((message) => (message.kind === "envelope" ? [message.number] : []));
    expect(numbers).toEqual([4, 5]);
  });

  test("that claims to have more than was sent is at fault", () => {
    const { node, closed, join } = setUp();
    join(0, NORTH, "north");
    for (let i = 0; i < MESH_LIMITS.faultsMax; i++) node.onMessage(0, { kind: "received", envelopes: 9 });
    expect(closed.has(0)).toBe(true);
  });

  test("that reads slowly loses searches first, and a bounded number of bytes waits for it", () => {
    const { node, on, join, setRoom } = setUp();
    join(0, NORTH, "north");
    setRoom(0);
    const before = on(0).length;
    node.send("north", gone);
    for (let i = 0; i < 3000; i++) node.send("north", { ...search, id: i });
    expect(on(0).length).toBe(before);
    expect(node.counters.dropped.search).toBeGreaterThan(1500);

    setRoom(1e9);
    node.onWritable(0);
    const waited = on(0).slice(before) as Envelope[];
    expect(waited[0]?.rank).toBe("word");
    expect(waited.length + node.counters.dropped.search).toBe(3001);
    expect(waited.reduce((bytes, { payload }) => bytes + payload.length, 0)).toBeLessThan(MESH_LIMITS.queueBytesMax);
  });
});

test("whoever stops says so to all", () => {
  const { node, on, closed, join } = setUp();
  join(0, NORTH, "north");
  node.stop();
  expect(on(0).slice(-2)).toMatchObject([{ kind: "beat", isLast: true }, { kind: "goodbye" }]);
  expect(closed.get(0)).toBe("the server stops");
});
