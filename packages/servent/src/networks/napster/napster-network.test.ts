// Clients of ours on loopback with index servers of ours: fetching, being called, losing a server.
import { randomBytes } from "node:crypto";
import net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { MESSAGE } from "@servent/overlay/protocols/napster/messages.ts";
import { type ByteRange, type Hit, type Network, type Source, SourceError } from "../network.ts";
import type { NapsterNetworkOptions } from "./napster-network.ts";
import {
  type ClientFixture,
  findAll,
  type IndexServerFixture,
  openClient,
  openIndexServer,
} from "./napster-fixture.ts";
import { type OwnerScript, startOwner } from "./scripted-owner.ts";

const HOSTS = "127.0.21";
const SOON = { timeout: 15_000 };
const closers: (() => unknown)[] = [];
const never = new AbortController().signal;
let lastHost = 0;

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const newHost = (): string => `${HOSTS}.${++lastHost}`;

async function server(): Promise<IndexServerFixture> {
  const index = await openIndexServer(newHost());
  closers.push(() => index.close());
  return index;
}

async function client(
  servers: readonly IndexServerFixture[],
  shared: Parameters<typeof openClient>[2] = [],
  changes: Partial<NapsterNetworkOptions> = {},
): Promise<ClientFixture> {
  const opened = await openClient(
    newHost(),
    servers.map(({ endpoint }) => endpoint),
    shared,
    changes,
  );
  closers.push(() => opened.close());
  return opened;
}

async function owner(index: IndexServerFixture, bytes: Uint8Array, more: Partial<OwnerScript> = {}) {
  const started = await startOwner({
    nick: "owner",
    host: newHost(),
    server: index.endpoint,
    path: "C:\\tide.mp3",
    bytes,
    measures: `NOMD5COMPUTED ${bytes.length} 128 44100 60`,
    ...more,
  });
  closers.push(() => started.close());
  return started;
}

/** An index server that takes everybody, and then says what it likes. `logins`: what they said. */
async function scriptedServer(script: (say: (type: number, text: string) => void) => void) {
  const logins: string[] = [];
  const listening = net.createServer((socket) => {
    const say = (type: number, text: string) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(text.length, 0);
      head.writeUInt16LE(type, 2);
      socket.write(Buffer.concat([head, Buffer.from(text, "latin1")]));
    };
    socket.on("error", () => undefined);
    socket.once("data", (bytes) => {
      logins.push(bytes.subarray(4).toString("latin1"));
      say(MESSAGE.loginAccepted, "anon@server");
      say(MESSAGE.motd, "VERSION other 1.0");
      script(say);
    });
    closers.push(() => socket.destroy());
  });
  const host = newHost();
  await new Promise<void>((resolve) => listening.listen(0, host, resolve));
  closers.push(() => listening.close());
  const { port } = listening.address() as net.AddressInfo;
  return { endpoint: { host, port }, logins };
}

/** Asks, waits until the network says that all is said, and gives what it said. */
async function asked(network: Network, words: string) {
  let hits = 0;
  const done = Promise.withResolvers<void>();
  const search = network.search({ words }, () => hits++, done.resolve);
  await done.promise;
  const notes = search.notes?.();
  search.stop();
  return { hits, notes };
}

async function bytesOf(network: Network, source: Source, range: ByteRange): Promise<Buffer> {
  const stream = await network.open(source, range, never);
  const parts: Uint8Array[] = [];
  for await (const part of stream.body) parts.push(part.slice());
  return Buffer.concat(parts);
}

const problemOf = (network: Network, { source }: Hit, range: ByteRange = { start: 0, end: source.size }) =>
  bytesOf(network, source, range).then(
    () => "none",
    (error: unknown) => (error instanceof SourceError ? error.problem : String(error)),
  );

const one = async (network: Network, words: string): Promise<Hit> => (await findAll(network, words, 1))[0] as Hit;

describe("fetching", () => {
  test("from a peer that nobody can dial: he is asked, and brings the file", async () => {
    const index = await server();
    const bytes = randomBytes(300_000);
    const giver = await client([index], [{ name: "low tide.ogg", bytes }], { isReachable: false });
    const taker = await client([index]);
    const { source } = await one(taker.network, "low tide");

    expect(giver.network.status().endpoint).toBeUndefined();
    const got = await bytesOf(taker.network, source, { start: 50_000, end: 250_000 });

    expect(got.equals(bytes.subarray(50_000, 250_000))).toBe(true);
    expect(giver.network.status().counters).toMatchObject({ filesBrought: 1, pushes: 1 });
    // Nobody can be dialled for the tree.
    expect(await taker.network.hashTree(source, never)).toBeUndefined();
  });

  test("between two whom nobody can dial is impossible, and is said so at once", async () => {
    const index = await server();
    await client([index], [{ name: "low tide.ogg", bytes: randomBytes(100) }], { isReachable: false });
    const open = await client([index]);
    const closed = await client([index], [], { isReachable: false });
    const hit = await one(open.network, "low tide");
    await expect.poll(() => closed.network.status().state, SOON).toBe("online");

    expect(await problemOf(closed.network, hit)).toBe("both_firewalled");
  });

  test("counts as an upload there, with its name and its peer", async () => {
    const index = await server();
    const bytes = randomBytes(200_000);
    const giver = await client([index], [{ name: "low tide.ogg", bytes }], { nick: "giver" });
    const taker = await client([index], [], { nick: "taker" });
    await bytesOf(taker.network, (await one(taker.network, "low tide")).source, { start: 0, end: bytes.length });

    await expect.poll(() => giver.served.events.map(({ type }) => type), SOON).toContain("transfer.done");
    const [added] = giver.served.events;
    expect(added).toMatchObject({ type: "transfer.added", data: { direction: "up", name: "low tide.ogg" } });
    expect(added?.data.peer).toMatch(/^taker@127\.0\.21\./);
  });

  test("waits where all places are taken, and gives up what is not shared any more", async () => {
    const index = await server();
    const giver = await client([index], [{ name: "low tide.ogg", bytes: randomBytes(100) }]);
    const taker = await client([index]);
    const hit = await one(taker.network, "low tide");

    giver.served.uploads.setSlots(0, 0);
    const busy = taker.network.open(hit.source, { start: 0, end: 100 }, never);
    await expect(busy).rejects.toMatchObject({ problem: "remote_busy" });
    giver.served.uploads.setSlots(4, 4);
    giver.served.library.changed.add(1);
    expect(await problemOf(taker.network, hit)).toBe("remote_busy");
    const other = { ...hit, source: { ...hit.source, locator: { ...hit.source.locator, path: "music\\other.ogg" } } };
    expect(await problemOf(taker.network, other)).toBe("refused");
    await giver.network.stop();
    expect(await problemOf(taker.network, hit)).toBe("not_found");
  });

  test("goes only to addresses that the rules allow", async () => {
    const index = await server();
    await client([index], [{ name: "low tide.ogg", bytes: randomBytes(100) }]);
    const taker = await client([index], [], { mayDial: () => false });
    expect(await problemOf(taker.network, await one(taker.network, "low tide"))).toBe("refused");
    await expect(taker.network.hashTree((await one(taker.network, "low tide")).source, never)).rejects.toMatchObject({
      problem: "refused",
    });
  });

  test("stops at once when it is given up, at every step", async () => {
    const index = await server();
    // Agrees, and then says nothing at its port.
    const sockets: net.Socket[] = [];
    await owner(index, randomBytes(1000), { talk: (socket) => sockets.push(socket) });
    const taker = await client([index]);
    const { source } = await one(taker.network, "tide");
    const giveUp = new AbortController();
    const opening = taker.network.open(source, { start: 0, end: 1000 }, giveUp.signal);

    await expect.poll(() => sockets.length, SOON).toBe(1);
    giveUp.abort();

    await expect(opening).rejects.toMatchObject({ problem: "peer_gone" });
    await expect.poll(() => sockets[0]?.readyState, SOON).not.toBe("open");
  });
});

describe("owners that are other programs", () => {
  const bytes = randomBytes(200_000);
  const range = { start: 60_000, end: 120_000 };
  const part = bytes.subarray(range.start, range.end);

  /** Waits for the request, then says this. */
  const answering =
    (...says: readonly (string | Uint8Array)[]) =>
    (socket: net.Socket): void => {
      socket.write("1");
      let asked = "";
      socket.on("data", (chunk) => {
        asked += chunk.toString("latin1");
        if (!/ \d+\n?$/.test(asked)) return;
        for (const say of says) socket.write(say);
      });
    };

  const sendRest = bytes.subarray(range.start);

  test("may send the whole size or what is left, in pieces of one byte, or greet late", async () => {
    const greetLate = (socket: net.Socket): void => {
      setTimeout(() => answering(String(bytes.length), sendRest)(socket), 300);
    };
    const byteByByte = (socket: net.Socket): void => {
      answering()(socket);
      const said = [...String(bytes.length)].map((digit) => Buffer.from(digit));
      socket.once("data", () => {
        const timer = setInterval(() => {
          const next = said.shift();
          if (next !== undefined) return void socket.write(next);
          clearInterval(timer);
          socket.write(sendRest);
        }, 5);
      });
    };
    const kinds = [
      answering(String(bytes.length), sendRest),
      answering(String(bytes.length - range.start), sendRest),
      answering(Buffer.concat([Buffer.from(String(bytes.length)), sendRest])),
      greetLate,
      byteByByte,
    ];
    for (const talk of kinds) {
      const index = await server();
      // With a hash, so that it is asked for what is wanted and no more.
      const measures = `${"0".repeat(32)} ${bytes.length} 128 44100 60 urn:sha1:${"A".repeat(32)}`;
      await owner(index, bytes, { talk, measures });
      const taker = await client([index]);
      const { source } = await one(taker.network, "tide");
      expect((await bytesOf(taker.network, source, range)).equals(part)).toBe(true);
    }
  }, 30_000);

  test("may send the file from its beginning whatever they are asked for, which is noticed where no hash would tell", async () => {
    const index = await server();
    await owner(index, bytes, { talk: answering(String(bytes.length), bytes) });
    const taker = await client([index]);
    const { source } = await one(taker.network, "tide");

    for (const { start, end } of [
      range,
      { start: 0, end: 50 },
      range,
      { start: bytes.length - 100, end: bytes.length },
    ]) {
      expect((await bytesOf(taker.network, source, { start, end })).equals(bytes.subarray(start, end))).toBe(true);
    }
  });

  test("and whatever else they do is an answer with a reason, never an error of ours", async () => {
    const cases: readonly (readonly [string, Partial<OwnerScript>])[] = [
      ["not_found", { talk: answering("FILE NOT SHARED") }],
      ["refused", { talk: answering("FILE NOT REQUESTED") }],
      ["protocol", { talk: answering("INVALID REQUEST") }],
      ["protocol", { talk: answering("<html>hello</html>") }],
      ["not_found", { talk: answering("999999999", sendRest) }],
      ["peer_gone", { talk: answering(String(bytes.length), sendRest.subarray(0, 100)) }],
      ["peer_gone", { talk: (socket) => socket.end() }],
      ["protocol", { talk: (socket) => socket.end("SSH-2.0-other") }],
      ["remote_busy", { talk: (socket) => socket.end("1") }],
      ["peer_gone", { isDead: true }],
      ["remote_busy", { answer: (asker, path) => ({ type: MESSAGE.queueFull, text: `${asker} "${path}" 3` }) }],
      ["refused", { answer: (asker, path) => ({ type: MESSAGE.uploadRefused, text: `${asker} "${path}"` }) }],
    ];
    for (const [expected, script] of cases) {
      const index = await server();
      const hurt = script.talk;
      const talk =
        hurt === undefined
          ? {}
          : {
              talk: (socket: net.Socket) => {
                hurt(socket);
                // What is half sent ends soon.
                setTimeout(() => socket.end(), 400);
              },
            };
      await owner(index, bytes, { ...script, ...talk });
      const taker = await client([index]);
      expect(await problemOf(taker.network, await one(taker.network, "tide"), range), expected).toBe(expected);
    }
  }, 60_000);
});

describe("index servers", () => {
  test("one of two is killed: nobody is gone from the other, and the third takes its place within ten seconds", async () => {
    const [a, b, c] = [await server(), await server(), await server()];
    const files = ["ebb tide.ogg", "spring tide.ogg", "neap tide.ogg"].map((name) => ({
      name,
      bytes: randomBytes(5000),
    }));
    const clients: ClientFixture[] = [];
    for (const file of files) clients.push(await client([a, b, c], [file]));
    const isBack = (count: number) => clients.every(({ network }) => network.status().peers === count);
    await expect.poll(() => isBack(2), SOON).toBe(true);

    await a.close();
    const killed = performance.now();
    const isLeft = () =>
      clients.every(({ network }) => network.neighbours().every(({ endpoint }) => endpoint.host !== a.endpoint.host));
    await expect.poll(() => isLeft() && isBack(2), { timeout: 10_000, interval: 20 }).toBe(true);

    expect(performance.now() - killed).toBeLessThan(10_000);
    for (const { network } of clients) {
      const hits = await findAll(network, "tide", files.length - 1);
      expect(new Set(hits.map(({ source }) => source.name)).size).toBe(files.length - 1);
      const [{ source }] = hits as [Hit];
      const { bytes } = files.find(({ name }) => name === source.name) as (typeof files)[number];
      expect((await bytesOf(network, source, { start: 0, end: 5000 })).equals(bytes)).toBe(true);
    }
  }, 60_000);

  test("are learnt of a redirector, in one piece or two", async () => {
    const index = await server();
    const line = `${index.endpoint.host}:${index.endpoint.port}\n`;
    for (const cut of [line.length, 5]) {
      const redirector = net.createServer((socket) => {
        socket.write(line.slice(0, cut));
        setTimeout(() => socket.end(line.slice(cut)), 30);
      });
      const host = newHost();
      await new Promise<void>((resolve) => redirector.listen(0, host, resolve));
      closers.push(() => redirector.close());
      const { port } = redirector.address() as net.AddressInfo;
      const { network } = await client([], [], {
        entries: [{ host, port, kind: "redirect" as const, fingerprint: "" }],
      });
      await expect.poll(() => network.status().state, SOON).toBe("online");
    }
  });

  test("that a redirector names are dialled only where the rules allow it", async () => {
    const index = await server();
    const redirector = net.createServer((socket) => socket.end(`${index.endpoint.host}:${index.endpoint.port}\n`));
    const host = newHost();
    await new Promise<void>((resolve) => redirector.listen(0, host, resolve));
    closers.push(() => redirector.close());
    const { port } = redirector.address() as net.AddressInfo;
    const asked = new Promise((resolve) => redirector.once("connection", (socket) => socket.once("close", resolve)));
    const entries = [{ host, port, kind: "redirect" as const, fingerprint: "" }];
    const { network } = await client([], [], { entries, mayDial: () => false });
    await asked;

    expect(network.status()).toMatchObject({ state: "connecting", counters: { knownServers: 0 } });
  });

  test("may be behind TLS, and are who they should be where the fingerprint is known", async () => {
    const index = await openIndexServer(newHost(), true);
    closers.push(() => index.close());
    const fingerprint = index.server.fingerprint ?? "";
    const remembered: number[][] = [];
    const behindTls = (expected: string) => ({
      entries: [{ ...index.endpoint, kind: "tls" as const, fingerprint: expected }],
      rememberServers: (servers: readonly number[]) => remembered.push([...servers]),
    });

    for (const expected of ["", fingerprint, fingerprint.replaceAll(":", "").toLowerCase()]) {
      const { network, close } = await client([], [], behindTls(expected));
      await expect.poll(() => network.status().state, SOON).toBe("online");
      await close();
    }
    const wrong = `${fingerprint.slice(0, -1)}${fingerprint.endsWith("0") ? "1" : "0"}`;
    const { network } = await client([], [], behindTls(wrong));
    await expect.poll(() => network.status().liveness, SOON).toContain("certificate is not the one");
    expect(network.status().state).toBe("connecting");
    // Remembered servers are dialled in clear, which must not happen to these.
    expect(remembered.flat()).toEqual([]);
  });

  test("can be left by hand and come back to, and what they say is told", async () => {
    const index = await server();
    const { network, events } = await client([index]);
    await expect.poll(() => network.status().state, SOON).toBe("online");
    expect(network.status().liveness).toContain(`Logged in at ${index.endpoint.host}`);
    const id = network.neighbours()[0]?.id as string;

    expect(network.disconnect(id)).toBe(true);
    await expect.poll(() => network.status().state, SOON).toBe("connecting");
    expect(network.status().liveness).toContain("closed by the user");
    network.connect(index.endpoint);
    await expect.poll(() => network.status().state, SOON).toBe("online");
    const types = events.map(({ type }) => type).filter((type) => type.startsWith("peer."));
    expect(types).toEqual(["peer.up", "peer.down", "peer.up"]);
  });

  test("list what one user shares, where the words of a search name him", async () => {
    const index = await server();
    const files = ["ebb.ogg", "spring tide.ogg"].map((name) => ({ name, bytes: randomBytes(5000) }));
    await client([index], files, { nick: "anna" });
    await client([index], [{ name: "tide.ogg", bytes: randomBytes(10) }], { nick: "bob" });
    const { network } = await client([index]);
    const hits = await findAll(network, "@Anna", 2);

    expect(hits.map(({ source }) => source.name).toSorted()).toEqual(["ebb.ogg", "spring tide.ogg"]);
    const [{ source }] = hits as [Hit];
    const { bytes } = files.find(({ name }) => name === source.name) as (typeof files)[number];
    expect((await bytesOf(network, source, { start: 0, end: 5000 })).equals(bytes)).toBe(true);
    // The same source as a search by words finds, so a file is not fetched twice.
    expect((await findAll(network, "spring", 1))[0]?.source.key).toBe(
      hits.find((hit) => hit.source.name.startsWith("spring"))?.source.key,
    );
  });

  test("end a search when all have said all, found or not, and tell who is not there", async () => {
    const [a, b] = [await server(), await server()];
    await client([a, b], [{ name: "tide.ogg", bytes: randomBytes(10) }], { nick: "anna" });
    const { network } = await client([a, b]);
    await expect.poll(() => network.status().peers, SOON).toBe(2);
    await findAll(network, "tide", 1);

    expect(await asked(network, "tide")).toEqual({ hits: 1, notes: [] });
    expect(await asked(network, "nosuchword")).toEqual({ hits: 0, notes: [] });
    expect(await asked(network, "@anna")).toEqual({ hits: 1, notes: [] });
    expect(await asked(network, "@nobody")).toEqual({
      hits: 0,
      notes: [{ code: "no_user", text: "No user nobody is logged in there." }],
    });
  });

  test("are not waited for where none is there and none is to be found, which is told", async () => {
    const { network } = await client([], [], {
      entries: [{ host: newHost(), port: 9, kind: "server", fingerprint: "" }],
    });
    const nobody = { code: "not_asked", text: "Nobody was asked: no index server has logged us in." };
    const search = network.search({ words: "tide" }, () => undefined);
    expect(search.notes?.()).toEqual([nobody]);
    search.stop();

    expect(await asked(network, "tide")).toEqual({ hits: 0, notes: [nobody] });
    expect(await asked(network, "@anna")).toEqual({ hits: 0, notes: [nobody] });
  });

  test("a search that began while we log in waits for that", async () => {
    const index = await server();
    await client([index], [{ name: "tide.ogg", bytes: randomBytes(10) }]);
    await findAll((await client([index])).network, "tide", 1);
    const { network } = await client([index]);

    expect(await asked(network, "tide")).toEqual({ hits: 1, notes: [] });
  });

  test("that give as many answers as they give at most may have more, and that is told", async () => {
    const index = await server();
    const files = Array.from({ length: 101 }, (_, i) => ({ name: `tide ${i}.ogg`, bytes: randomBytes(10) }));
    await client([index], files);
    const { network } = await client([index]);
    await findAll(network, "tide", 100);

    const { host, port } = index.endpoint;
    const text = `${host}:${port} gives at most 100 answers, so there may be more: use more words.`;
    expect(await asked(network, "tide")).toEqual({ hits: 100, notes: [{ code: "partial", text }] });
    expect((await asked(network, "tide 100")).notes).toEqual([]);
    // A name that was pasted, ending and all.
    expect((await asked(network, "tide 100.ogg ")).hits).toBe(1);
  }, 20_000);

  test("that list no more of a user than they list at most may have more, and that is told", async () => {
    const index = await server();
    const files = Array.from({ length: 501 }, (_, i) => ({ name: `tide ${i}.ogg`, bytes: randomBytes(10) }));
    await client([index], files, { nick: "anna" });
    const { network } = await client([index]);
    await expect.poll(() => index.server.status().files, { timeout: 15_000 }).toBe(501);

    const { host, port } = index.endpoint;
    const text = `${host}:${port} lists at most 500 files of a user, so there may be more: search by words.`;
    expect(await asked(network, "@anna")).toEqual({ hits: 500, notes: [{ code: "partial", text }] });
  }, 30_000);

  test("at which our name is another's say what to do, and a new name is used at once", async () => {
    const index = await server();
    await index.server.accounts.add({ nick: "anna", email: "", level: 1, lastSeen: 0 }, "hers");
    const { network, events } = await client([index], [], { nick: "anna" });
    const refused = "the name anna is registered there with another password";
    await expect.poll(() => network.status().liveness, SOON).toContain(refused);
    expect(network.status().liveness).toMatch(/Set another name \(network\.napster\.nick\), or its password/);
    expect(network.status().servers).toMatchObject([{ state: "refused", problem: refused, nick: "" }]);
    expect(events.find(({ type }) => type === "peer.failed")?.data).toMatchObject({ reason: refused });

    network.configure({ nick: "otto" });
    await expect.poll(() => network.status().servers?.[0], SOON).toMatchObject({ state: "online", nick: "otto" });
    network.configure({ nick: "carl" });
    await expect.poll(() => network.status().servers?.[0]?.nick, SOON).toBe("carl");
  });

  test("that our owner named and that are dead are told of while another has us", async () => {
    const index = await server();
    const dead = newHost();
    const entries = [index.endpoint, { host: dead, port: 9 }].map((at) => ({
      ...at,
      kind: "server" as const,
      fingerprint: "",
    }));
    const { network } = await client([], [], { entries });
    await expect.poll(() => network.status().state, SOON).toBe("online");
    await expect.poll(() => network.status().liveness, SOON).toContain(`${dead}:9: `);

    expect(network.status().liveness).toContain("1 user shares 0 files there.");
    await expect.poll(() => network.status().servers?.map(({ state }) => state), SOON).toEqual(["online", "waiting"]);
  });

  test("pass messages on, which are told as events", async () => {
    const index = await server();
    const { events } = await client([index], [], { nick: "hearer" });
    const link = net.connect({ host: index.endpoint.host, port: index.endpoint.port });
    closers.push(() => link.destroy());
    const say = (type: number, text: string) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(text.length, 0);
      head.writeUInt16LE(type, 2);
      link.write(Buffer.concat([head, Buffer.from(text, "latin1")]));
    };
    say(MESSAGE.login, 'speaker pw 0 "Other 1.0" 0');
    say(MESSAGE.privateMessage, "hearer bonjour \xe0 tous");

    const heard = () => events.find(({ type }) => type === "peer.message")?.data;
    await expect.poll(heard, SOON).toEqual({ network: "napster", from: "speaker", text: "bonjour à tous" });
  });

  test("that our owner did not name hear a password of their own, and none in clear where he named one behind TLS", async () => {
    const [named, stranger] = [await scriptedServer(() => undefined), await scriptedServer(() => undefined)];
    const { network } = await client([], [], {
      entries: [{ ...named.endpoint, kind: "server" as const, fingerprint: "" }],
      passwordAt: () => "for-it-alone",
      nick: "anna",
    });
    network.introduce([{ network: "napster/server", endpoint: stranger.endpoint }]);
    await expect.poll(() => network.status().peers, SOON).toBe(2);
    expect([named.logins[0], stranger.logins[0]]).toEqual([
      expect.stringMatching(/^anna secret /),
      expect.stringMatching(/^anna for-it-alone /),
    ]);

    const secure = await openIndexServer(newHost(), true);
    closers.push(() => secure.close());
    const entries = [{ ...secure.endpoint, kind: "tls" as const, fingerprint: "" }];
    const wary = await client([], [], { entries });
    await expect.poll(() => wary.network.status().state, SOON).toBe("online");
    wary.network.introduce([{ network: "napster/server", endpoint: { ...secure.endpoint, port: 8888 } }]);
    expect(wary.network.status().counters["knownServers"]).toBe(1);
  });

  test("cannot send us to a port where no client listens", async () => {
    const ports: number[] = [];
    const index = await scriptedServer((say) => {
      for (const port of [25, 1023, 1024]) say(MESSAGE.browseDirect, `bob 369098879 ${port}`);
    });
    const { network } = await client([], [], {
      entries: [{ ...index.endpoint, kind: "server" as const, fingerprint: "" }],
      mayDial: (address) => {
        ports.push(address % 65_536);
        return false;
      },
    });
    await expect.poll(() => network.status().state, SOON).toBe("online");
    await expect.poll(() => ports, SOON).toEqual([1024]);
  });

  test("are looked for while there are too few, and whoever is introduced is logged in to", async () => {
    const index = await server();
    const { network } = await client([]);
    expect(network.introductions()).toEqual({ seeks: ["napster/server"], offer: undefined, hasAddresses: false });

    network.introduce([
      { network: "napster/server", endpoint: index.endpoint },
      { network: "gnutella/classic", endpoint: { host: "127.0.0.1", port: 9 } },
    ]);
    await expect.poll(() => network.status().state, SOON).toBe("online");
    expect(network.status().counters["knownServers"]).toBe(1);
    // One of the two that it wants.
    expect(network.introductions()).toMatchObject({ seeks: ["napster/server"], hasAddresses: true });
    network.configure({ servers: 1 });
    expect(network.introductions().seeks).toEqual([]);
  });
});
