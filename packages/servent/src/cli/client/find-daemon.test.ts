import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FindOptions, findDaemon } from "./find-daemon.ts";

let folder: string;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "servent-find-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function listenAs(profileFolder: string): Promise<string> {
  await mkdir(path.join(folder, profileFolder), { recursive: true });
  const socket = path.join(folder, profileFolder, "api.sock");
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return socket;
}

function find(options: Partial<FindOptions> = {}) {
  const env = { XDG_RUNTIME_DIR: folder, ...options.env };
  return findDaemon({ url: undefined, tokenFile: undefined, profile: undefined, ...options, env });
}

test("the default daemon comes before the demo", async () => {
  const demo = await listenAs("servent-demo");
  expect(await find()).toEqual({ kind: "socket", path: demo });
  const own = await listenAs("servent");
  expect(await find()).toEqual({ kind: "socket", path: own });
});

test("a socket that a crash left behind counts for nothing", async () => {
  await mkdir(path.join(folder, "servent"));
  await writeFile(path.join(folder, "servent", "api.sock"), "");
  const demo = await listenAs("servent-demo");
  expect(await find()).toEqual({ kind: "socket", path: demo });
});

test("a profile that was named is the only one", async () => {
  await listenAs("servent-demo");
  await expect(find({ profile: "work" })).rejects.toMatchObject({
    code: "not_reachable",
    hint: "Start it with `servent --profile work up`.",
  });
});

test("SERVENT_URL is used where no daemon runs here", async () => {
  const env = { SERVENT_URL: "box:7390", SERVENT_TOKEN: "secret" };
  expect(await find({ env })).toEqual({ kind: "url", url: new URL("http://box:7390"), token: "secret" });
  const own = await listenAs("servent");
  expect(await find({ env })).toEqual({ kind: "socket", path: own });
});

test("an address that was typed wins over everything", async () => {
  await listenAs("servent");
  expect(await find({ url: "https://box/servent" })).toMatchObject({ kind: "url", token: undefined });
  expect(await find({ url: "unix:/x/y.sock" })).toEqual({ kind: "socket", path: "/x/y.sock" });
});

test("a token is read from its file, without the line end", async () => {
  const tokenFile = path.join(folder, "token");
  await writeFile(tokenFile, "secret\n");
  expect(await find({ url: "box:1", tokenFile })).toMatchObject({ token: "secret" });
  await expect(find({ url: "box:1", tokenFile: `${tokenFile}.no` })).rejects.toMatchObject({ code: "permission" });
});

test("what is no address is refused", async () => {
  await expect(find({ url: "ftp://box" })).rejects.toMatchObject({ code: "usage" });
  await expect(find({ url: "http://" })).rejects.toMatchObject({ code: "usage" });
});
