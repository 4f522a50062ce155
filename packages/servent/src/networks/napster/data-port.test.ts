// Whoever comes to the data port: with words in pieces, without words, without leave.
import { randomBytes } from "node:crypto";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { hostOf, type Opened, openAt } from "./data-port-fixture.ts";

const closers: (() => unknown)[] = [];
const SOON = { timeout: 10_000 };

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const bytes = randomBytes(100_000);
const PATH = "music\\low tide.ogg";

async function open(host = hostOf(1)): Promise<Opened> {
  const opened = await openAt(host, { name: "low tide.ogg", bytes });
  closers.push(() => opened.close());
  return opened;
}

/** Dials, says these pieces one after the other, and hears all that is said until the other side ends. */
function talk({ endpoint }: Opened, pieces: readonly (string | Uint8Array)[], from = hostOf(2)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...endpoint, localAddress: from, noDelay: true });
    closers.push(() => socket.destroy());
    const heard: Buffer[] = [];
    socket.on("data", (chunk) => heard.push(chunk));
    socket.on("end", () => {
      socket.end();
      resolve(Buffer.concat(heard));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") resolve(Buffer.concat(heard));
      else reject(error);
    });
    socket.on("close", () => resolve(Buffer.concat(heard)));
    void (async () => {
      for (const piece of pieces) {
        await new Promise((done) => setTimeout(done, 5));
        if (!socket.destroyed) socket.write(piece);
      }
    })();
  });
}

const file = (offset: number): Buffer => Buffer.concat([Buffer.from(`1${bytes.length}`), bytes.subarray(offset)]);

test("a request is read whatever its pieces are, and answered by size and bytes from the offset on", async () => {
  const opened = await open();
  const request = `GETbob "${PATH}" 40000`;
  for (const pieces of [["GET", request.slice(3)], [request], [...request], [`${request}\n`]]) {
    opened.announce("bob", PATH);
    expect((await talk(opened, pieces)).equals(file(40_000))).toBe(true);
  }
  opened.announce("bob", PATH);
  expect((await talk(opened, [`GETBOB "${PATH}" 0`])).equals(file(0))).toBe(true);
}, 20_000);

test("nothing is given to whom no server announced, or that is not shared, or beyond the end", async () => {
  const opened = await open();
  opened.announce("bob", PATH);
  opened.announce("bob", "music\\gone.ogg");
  const answer = async (request: string) => (await talk(opened, [request])).toString("latin1");

  expect(await answer(`GETeve "${PATH}" 0`)).toBe("1FILE NOT REQUESTED");
  expect(await answer(`GETbob "C:\\secret.txt" 0`)).toBe("1FILE NOT REQUESTED");
  expect(await answer('GETbob "music\\..\\..\\etc\\passwd" 0')).toBe("1FILE NOT REQUESTED");
  expect(await answer('GETbob "music\\gone.ogg" 0')).toBe("1FILE NOT SHARED");
  expect(await answer(`GETbob "${PATH}" ${bytes.length + 1}`)).toBe("1INVALID REQUEST");
  expect(await answer("GETLIST\n")).toBe("1INVALID REQUEST");
  expect(opened.giving.counters.filesGiven).toBe(0);
});

test("who was announced for it gets the list, ended by an empty line", async () => {
  const opened = await open();
  opened.announceList();
  const list = (await talk(opened, ["GETLIST"])).toString("latin1");
  expect(list).toMatch(/^1owner\n"music\\low tide\.ogg" 0{32} 100000 8 16000 0 urn:sha1:[A-Z2-7]{32}\n\n$/);
});

test("a hash tree is for whoever knows the hash; of what we do not have there is none", async () => {
  const opened = await open();
  const unknown = `GETTREE urn:sha1:${"A".repeat(32)}\n`;
  expect((await talk(opened, [unknown])).toString("latin1")).toBe("10\n");
  const tree = (await talk(opened, [`GETTREE ${opened.urn}\n`])).toString("latin1");
  expect(tree).toMatch(/^1\d+\n/);
  expect(tree.length).toBe(2 + String(parseInt(tree.slice(1), 10)).length + parseInt(tree.slice(1), 10));
});

test("what makes no sense is hung up on, and an unasked-for file is not taken", async () => {
  const opened = await open();
  const senseless = ["\0\0\0\0", "HEAD / HTTP/1.1\r\n\r\n", `GET${"x".repeat(5000)}`, randomBytes(3000)];
  for (const piece of senseless) expect((await talk(opened, [piece])).length).toBeLessThanOrEqual(1);
  expect((await talk(opened, ['SENDeve "music\\gift.exe" 1000'])).toString()).toBe("1");
  expect(opened.port.counters).toMatchObject({ faults: 0, nonsense: senseless.length });
});

test("one address has a few connections at a time, and others still come in", async () => {
  const opened = await open();
  const idle = Array.from({ length: 40 }, () => {
    const socket = net.connect({ ...opened.endpoint, localAddress: hostOf(3) });
    socket.on("error", () => undefined);
    closers.push(() => socket.destroy());
    return socket;
  });
  await expect.poll(() => idle.filter(({ closed }) => closed).length, SOON).toBe(40 - 16);

  opened.announce("bob", PATH);
  expect((await talk(opened, [`GETbob "${PATH}" 0\n`], hostOf(4))).equals(file(0))).toBe(true);
});

test("a caller that goes away in the middle gives its place back", async () => {
  const opened = await open();
  // More than may be there at a time. Whoever comes before the port has noticed that others left is turned away, and comes again.
  for (let served = 0; served < 30; ) if (await asksAndLeaves(opened)) served++;
  await expect.poll(() => opened.served.uploads.slotsFree, SOON).toBe(opened.served.uploads.slotsMax);
  await expect.poll(() => opened.served.library.opened, SOON).toBe(0);
});

/** False: turned away. */
async function asksAndLeaves(opened: Opened): Promise<boolean> {
  opened.announce("bob", PATH);
  const socket = net.connect({ ...opened.endpoint, localAddress: hostOf(5) });
  socket.on("error", () => undefined);
  return new Promise((resolve) => {
    socket.once("close", () => resolve(false));
    socket.once("data", () => {
      socket.write(`GETbob "${PATH}" 0\n`);
      socket.once("data", () => {
        socket.destroy();
        resolve(true);
      });
    });
  });
}
