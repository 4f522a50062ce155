import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answers, closeServer, listenSocket, listenTcp, makeServer } from "./listeners.ts";
import { handMade } from "./testing/hand-made-app.ts";
import { ask } from "./testing/request.ts";

let folder: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-listen-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await closeServer(server);
  rmSync(folder, { recursive: true });
});

function server(): Server {
  const made = makeServer((_request, response) => response.end("ok"));
  servers.push(made);
  return made;
}

test("a listener limits the time and size of what comes in, and how many come", () => {
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections } = server();
  expect({ headersTimeout, requestTimeout, keepAliveTimeout, maxConnections }).toEqual({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 30_000,
    maxConnections: 256,
  });
});

test("a busy port says which, and what to set instead", async () => {
  const busy = createServer().listen(0, "127.0.0.1");
  servers.push(busy);
  await once(busy, "listening");
  const { port } = busy.address() as AddressInfo;
  await expect(listenTcp(server(), `127.0.0.1:${port}`)).rejects.toMatchObject({
    code: "port_in_use",
    message: `127.0.0.1:${port} is taken by another program.`,
    hint: expect.stringContaining(`servent up --set http.listen=127.0.0.1:${port + 1}`),
  });
});

test("an address of another machine says that it is none of ours", async () => {
  await expect(listenTcp(server(), "192.0.2.1:0")).rejects.toMatchObject({ code: "invalid_value" });
});

test("the local socket is for its owner only, and the process keeps its usual file mode", async () => {
  const socket = path.join(folder, "api.sock");
  const mask = process.umask();
  await listenSocket(server(), socket);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(process.umask()).toBe(mask);
});

test("a socket that somebody answers on is left alone", async () => {
  const socket = path.join(folder, "api.sock");
  await listenSocket(server(), socket);
  await expect(listenSocket(server(), socket)).rejects.toMatchObject({ code: "already_running" });
  expect(await answers(socket)).toBe(true);
});

test("a socket left behind by kill -9 is replaced", async () => {
  const socket = path.join(folder, "api.sock");
  const script = `require("node:net").createServer().listen(${JSON.stringify(socket)}, () => console.log("up"))`;
  const child = spawn("node", ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(socket)).toBe(true);
  expect(await answers(socket)).toBe(false);

  await listenSocket(server(), socket);
  expect(await answers(socket)).toBe(true);
});

test("a file that is no socket is not taken for a daemon, and not deleted", async () => {
  const socket = path.join(folder, "api.sock");
  writeFileSync(socket, "somebody's");
  await expect(listenSocket(server(), socket)).rejects.toMatchObject({ code: "permission" });
  expect(existsSync(socket)).toBe(true);
});

test("a path too long for a socket, and a folder that is missing, are told apart", async () => {
  await expect(listenSocket(server(), `/${"x".repeat(200)}`)).rejects.toMatchObject({ code: "invalid_value" });
  await expect(listenSocket(server(), path.join(folder, "gone", "api.sock"))).rejects.toMatchObject({
    code: "permission",
  });
});

test("an API whose port is taken leaves no socket behind", async () => {
  const busy = createServer().listen(0, "127.0.0.1");
  servers.push(busy);
  await once(busy, "listening");
  const made = await handMade({ "http.listen": [`127.0.0.1:${(busy.address() as AddressInfo).port}`] });
  await expect(made.api.listen()).rejects.toMatchObject({ code: "port_in_use" });
  expect(existsSync(made.app.paths.socket)).toBe(false);
  await made.close();
});

test("a closed API listens nowhere and its socket is gone", async () => {
  const made = await handMade();
  const { socket } = await made.api.listen();
  expect((await ask(made, "tcp", "/readyz")).status).toBe(200);
  await made.api.close();
  expect(existsSync(socket as string)).toBe(false);
  expect(made.api.place).toEqual({ httpUrl: null, socket: null });
  await made.close();
});

test("without a socket, and without an address, the API serves the other", async () => {
  const noSocket = await handMade({ "http.socket": false });
  expect(await noSocket.api.listen()).toMatchObject({ socket: null });
  await noSocket.close();

  const noTcp = await handMade({ "http.listen": [] });
  expect(await noTcp.api.listen()).toMatchObject({ httpUrl: null });
  expect((await ask(noTcp, "socket", "/api/v1/system/login-code", { method: "POST" })).body.url).toBeNull();
  await noTcp.close();
});
