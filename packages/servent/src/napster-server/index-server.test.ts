// The index server on real sockets, asked by a client made by hand.
import { randomBytes } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { createDeflate, createInflate, constants } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { LEVEL } from "@servent/overlay/protocols/napster/server/accounts.ts";
import { INDEX_SERVER, IndexServer, type IndexServerOptions } from "./index-server.ts";
import { LIMITS } from "./limits.ts";
import { parseLinkFile } from "./link-file.ts";
import { RawClient } from "./raw-client-fixture.ts";
import { Redirector } from "./redirector.ts";

const MD5 = "631072b944eb6196797ab6a534b1ab97";
const PATH = '"C:\\Music\\blue tide.mp3"';
const HOST = "127.0.0.31";

const closing: (() => unknown)[] = [];
const unwritten: unknown[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(options: Partial<IndexServerOptions> = {}): Promise<IndexServer> {
  const database = options.database ?? new DatabaseSync(":memory:");
  const onUnwritten = (error: unknown): void => void unwritten.push(error);
  const server = new IndexServer({
    ...INDEX_SERVER,
    listen: `${HOST}:0`,
    connectionsPerMinute: 10_000,
    onUnwritten,
    ...options,
    database,
  });
  closing.push(() => server.close());
  await server.start();
  return server;
}

async function client(place: string | null, options?: { isTls?: boolean; localAddress?: string }): Promise<RawClient> {
  const raw = await RawClient.connect(place ?? "", options);
  closing.push(() => raw.close());
  return raw;
}

async function login(server: IndexServer, nick: string, port = 6699): Promise<RawClient> {
  const raw = await client(server.places.clear);
  await raw.ask(2, `${nick} secret ${port} "raw 1" 7`, 214);
  return raw;
}

/** All that a port says before it hangs up. */
function line(place: string | null): Promise<string> {
  const [host = "", port = ""] = (place ?? "").split(":");
  return new Promise((resolve, reject) => {
    let text = "";
    const socket: Socket = connect({ host, port: Number(port) });
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

test("two clients find each other and exchange a file's whereabouts", async () => {
  const server = await open();
  const alice = await login(server, "alice", 6701);
  const bob = await login(server, "bob", 6702);
  alice.send(100, `${PATH} ${MD5} 1000 128 44100 200`);
  expect(await alice.ask(214, "", 214)).toEqual(["214 2 1 0"]);

  expect(await bob.ask(200, 'FILENAME CONTAINS "tide"', 202)).toEqual([
    `201 ${PATH} ${MD5} 1000 128 44100 200 alice 16777343 7`,
    "202 ",
  ]);
  bob.send(203, `alice ${PATH}`);
  expect(await alice.until(607)).toEqual([`607 bob ${PATH}`]);
  alice.send(608, `bob ${PATH}`);
  expect(await bob.until(204)).toEqual([`204 alice 16777343 6701 ${PATH} ${MD5} 7`]);
});

test("an answer of many messages comes in one piece", async () => {
  const server = await open();
  const alice = await login(server, "alice");
  for (let i = 0; i < 20; i++) alice.send(100, `"blue tide ${i}.mp3" ${MD5} ${i} 128 44100 200`);
  await alice.ask(214, "", 214);
  const bob = await login(server, "bob");
  expect(await bob.ask(200, 'FILENAME CONTAINS "tide"', 202)).toHaveLength(21);
  expect(bob.reads).toBe(1);
});

test("an account is made over the wire, kept as a hash, and asked for its password", async () => {
  const database = new DatabaseSync(":memory:");
  const server = await open({ database });
  const alice = await client(server.places.clear);
  expect((await alice.ask(6, 'alice secret 6701 "raw 1" 7 a@example.org', 214))[0]).toBe("3 a@example.org");
  const wrong = await client(server.places.clear);
  wrong.send(2, 'alice guess 6701 "raw 1" 7');
  expect(await wrong.end()).toEqual(["0 Invalid Password"]);
  expect(JSON.stringify(database.prepare("SELECT * FROM napster_accounts").all())).not.toContain("secret");

  alice.close();
  await server.close();
  const again = await open({ database });
  const back = await client(again.places.clear);
  expect((await back.ask(2, 'alice secret 6701 "raw 1" 7', 214))[0]).toBe("3 a@example.org");
});

test("a database that cannot be written ends no server: who has an account comes in, and nobody gets a new one", async () => {
  const database = new DatabaseSync(":memory:");
  const server = await open({ database });
  await server.accounts.add({ nick: "alice", email: "", level: LEVEL.user, lastSeen: 0 }, "secret");
  database.exec("PRAGMA query_only = ON");
  const alice = await login(server, "alice");
  alice.send(702, "new@example.org");
  expect(await alice.ask(214, "", 214)).toEqual(["214 1 0 0"]);
  const bob = await client(server.places.clear);
  bob.send(6, 'bob secret 1 "raw 1" 7 b@example.org');
  expect(await bob.end()).toEqual(["0 The server is busy; try again in a minute."]);
  expect(unwritten.length).toBeGreaterThan(0);
  database.exec("PRAGMA query_only = OFF");
});

test("bans outlive the server", async () => {
  const database = new DatabaseSync(":memory:");
  const server = await open({ database });
  await server.accounts.add({ nick: "max", email: "", level: LEVEL.moderator, lastSeen: 0 }, "secret");
  const max = await login(server, "max");
  max.send(612, 'mallory "spam"');
  expect((await max.ask(615, "", 615)).at(-2)).toMatch(/^616 mallory!\* max "spam" \d+ 0$/);
  await server.close();
  const again = await open({ database });
  const mallory = await client(again.places.clear);
  mallory.send(2, 'mallory pw 1 "raw 1" 7');
  expect(await mallory.end()).toEqual(["0 You are banned: spam"]);
});

test("the TLS port is the same server, and its certificate stays", async () => {
  const database = new DatabaseSync(":memory:");
  const server = await open({ database, tls: `${HOST}:0` });
  const alice = await login(server, "alice");
  alice.send(100, `${PATH} ${MD5} 1000 128 44100 200`);
  await alice.ask(214, "", 214);
  const bob = await client(server.places.tls, { isTls: true });
  expect((await bob.ask(2, 'bob pw 6702 "raw 1" 7', 214)).join("\n")).not.toContain("speaks TLS");
  expect(await bob.ask(200, 'FILENAME CONTAINS "tide"', 202)).toHaveLength(2);
  const carl = await client(server.places.clear);
  expect((await carl.ask(2, 'carl pw 6703 "raw 1" 7', 214)).join("\n")).toContain("of this server speaks TLS");
  const { fingerprint } = server;
  await server.close();
  const again = await open({ database, tls: `${HOST}:0` });
  expect(again.fingerprint).toBe(fingerprint);
});

test("with TLS required there is no port for clear text, and clear text at the TLS port ends", async () => {
  const server = await open({ listen: null, tls: `${HOST}:0` });
  expect(server.places.clear).toBeNull();
  const plain = await client(server.places.tls);
  plain.send(2, 'bob pw 6702 "raw 1" 7');
  await plain.end();
  expect(server.node.userCount).toBe(0);
});

test("a client that asks for compression gets it behind the acceptance", async () => {
  const server = await open();
  const raw = await client(server.places.clear);
  raw.socket.removeAllListeners("data");
  const inflate = createInflate();
  const deflate = createDeflate();
  deflate.pipe(raw.socket);
  let plain: Buffer = Buffer.alloc(0);
  const whole = new Promise<string>((resolve) => {
    raw.socket.on("data", (chunk: Buffer) => {
      if (plain.length === 0) {
        const end = 4 + chunk.readUInt16LE(0);
        plain = chunk.subarray(0, end);
        inflate.write(chunk.subarray(end));
      } else inflate.write(chunk);
    });
    let text = "";
    inflate.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("servent ping")) resolve(text);
    });
  });
  raw.send(2, 'alice pw 6701 "raw 1" 7 a@b.c 0 6');
  const ping = Buffer.from([4, 0, 0xee, 2, ...Buffer.from("ping")]);
  deflate.write(ping);
  deflate.flush(constants.Z_SYNC_FLUSH);
  expect(await whole).toContain("servent ping");
  expect(plain.toString("latin1", 4)).toBe('"a@b.c" 6');
});

test("a message longer than clients may send ends the connection, and nobody else's", async () => {
  const server = await open();
  const alice = await login(server, "alice");
  const bob = await login(server, "bob");
  bob.send(205, `alice ${"x".repeat(2100)}`);
  expect(await bob.end()).toEqual([]);
  // The server hears of the end a moment after the client.
  for (let users = "2"; users !== "1"; ) users = (await alice.ask(214, "", 214)).at(-1)?.split(" ")[1] ?? "1";
  expect(server.node.userCount).toBe(1);
});

test("random bytes at either port end nothing but their own connection", async () => {
  const server = await open({ tls: `${HOST}:0` });
  const alice = await login(server, "alice");
  for (const isTls of [false, true]) {
    const place = isTls ? server.places.tls : server.places.clear;
    const all = Array.from({ length: 100 }, async (_, i) => {
      const raw = await client(place, { localAddress: "127.0.0.36" });
      // Half a handshake would be waited for.
      raw.socket.write(randomBytes(1 + i * 40), () => (isTls ? raw.close() : raw.socket.end()));
      await raw.end();
    });
    await Promise.all(all);
  }
  expect(await alice.ask(214, "", 214)).toEqual(["214 1 0 0"]);
});

test("a thousand idle connections and half-open logins leave others alone", async () => {
  const server = await open({ usersMax: 1500, usersPerHostMax: 1500 });
  const idle = await Promise.all(Array.from({ length: 1000 }, (_, i) => login(server, `idle${i}`)));
  await Promise.all(Array.from({ length: 100 }, () => client(server.places.clear, { localAddress: "127.0.0.32" })));
  const alice = await login(server, "alice");
  alice.send(100, `${PATH} ${MD5} 1000 128 44100 200`);
  await alice.ask(214, "", 214);
  const bob = await login(server, "bob");
  const started = performance.now();
  for (let i = 0; i < 20; i++) expect(await bob.ask(200, 'FILENAME CONTAINS "tide"', 202)).toHaveLength(2);
  expect((performance.now() - started) / 20).toBeLessThan(40);
  expect(idle).toHaveLength(1000);
  expect(server.node.userCount).toBe(1002);
});

test("who was refused and does not hang up is cut off soon", async () => {
  const server = await open({ registeredOnly: true });
  const [host = "", port = ""] = (server.places.clear ?? "").split(":");
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  closing.push(() => socket.destroy());
  socket.on("error", () => undefined).resume();
  const login = 'stranger secret 6699 "raw 1" 7';
  socket.write(Buffer.from([login.length, 0, 2, 0, ...Buffer.from(login)]));
  await new Promise((resolve) => socket.once("end", resolve));

  const writing = setInterval(() => socket.write("x"), 50);
  closing.push(() => clearInterval(writing));
  await expect.poll(() => socket.closed, { timeout: 3 * LIMITS.closeWaitMs }).toBe(true);
});

test("the redirector names living servers in turn, and says that it knows none where all are dead", async () => {
  const [one, two] = [await open(), await open()];
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen({ host: HOST, port: 0 }, resolve));
  const { port } = dead.address() as { port: number };
  await new Promise((resolve) => dead.close(resolve));
  const places = [one.places.clear as string, `${HOST}:${port}`, two.places.clear as string];
  const redirector = await Redirector.open(`${HOST}:0`, places);
  closing.push(() => redirector.close());
  expect(redirector.status()).toMatchObject({ alive: 2, known: 3 });
  const named = [await line(redirector.place), await line(redirector.place), await line(redirector.place)];
  expect(named).toEqual([`${places[0]}\n`, `${places[2]}\n`, `${places[0]}\n`]);
  await one.close();
  await redirector.check();
  expect(await line(redirector.place)).toBe(`${places[2]}\n`);
  await two.close();
  await redirector.check();
  expect(await line(redirector.place)).toBe("127.0.0.1:0\n");
});

test("the statistics port says users, files, load, bytes and clients", async () => {
  const server = await open({ statistics: `${HOST}:0` });
  const alice = await login(server, "alice");
  alice.send(100, `${PATH} ${MD5} 1000 128 44100 200`);
  await alice.ask(214, "", 214);
  expect(await line(server.places.statistics)).toBe("1 1 0 1000 1\n");
});

test.each([
  ["a place that is none", { listen: "nowhere" }],
  ["a name with blanks", { name: "my server" }],
  ["a name that linked servers could not write", { name: "harbour:2", links: parseLinkFile("north 10.1.0.1 a b", "") }],
  ["no port at all", { listen: null }],
  ["a server to name that is none", { redirector: `${HOST}:0`, servers: ["x"] }],
])("%s is said, and nothing stays open", async (_name, options) => {
  await expect(open(options as Partial<IndexServerOptions>)).rejects.toMatchObject({ code: "invalid_value" });
});
