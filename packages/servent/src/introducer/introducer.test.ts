// The introducer on real sockets, against clients that keep to the rules and clients that do not.
import { request } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parseBlock, type AddressBlock } from "../runtime/address.ts";
import { Introducer, type IntroducerOptions } from "./introducer.ts";
import { LIMITS } from "./limits.ts";

const LOOPBACK = parseBlock("127.0.0.0/8") as AddressBlock;
const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function opened(options: Partial<IntroducerOptions> = {}): Promise<{ role: Introducer; url: string }> {
  const role = new Introducer({
    listen: "127.0.0.1:0",
    handOn: null,
    others: [],
    allow: [LOOPBACK],
    trustedProxies: [],
    stateFile: null,
    name: "Servent/test",
    onUnwritten: () => undefined,
    ...options,
  });
  const url = await role.start();
  closing.push(() => role.stop());
  return { role, url };
}

interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Asks from an address of this machine. */
function asked(
  url: string,
  path: string,
  more: { from?: string; method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Said> {
  const { from = "127.0.5.1", method = "GET", body, headers = {} } = more;
  return new Promise((resolve, reject) => {
    const sent = request(url, { path, method, localAddress: from, agent: false, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function post(url: string, path: string, body: object, from?: string): Promise<Said> {
  const headers = { "content-type": "application/json" };
  return asked(url, path, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
    ...(from === undefined ? {} : { from }),
  });
}

/** A peer that takes calls; counts them. */
async function listening(host: string): Promise<{ port: number; calls: () => number }> {
  let calls = 0;
  const server: Server = createServer((socket: Socket) => {
    calls++;
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.address() as { port: number }).port, calls: () => calls };
}

async function named(url: string, network: string): Promise<string[]> {
  const { text } = await asked(url, `/v1/peers?network=${network}`, { from: "127.0.5.99" });
  return (JSON.parse(text) as { peers: { address: string }[] }).peers.map(({ address }) => address);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ready = ({ role }: { role: Introducer }) => role.status().networks.reduce((sum, { ready }) => sum + ready, 0);

test("a peer that joins is dialled back, and then named to others, as JSON and by both web caches", async () => {
  const { role, url } = await opened();
  const peer = await listening("127.0.5.2");
  const body = { network: "gnutella/ultrapeer", port: peer.port, load: 20 };

  const first = await post(url, "/v1/join", body, "127.0.5.2");
  expect(first.status).toBe(200);
  expect(JSON.parse(first.text)).toEqual({ kind: "joined", reachable: "unknown", againSeconds: 60 });
  await until(() => ready({ role }) === 1);

  expect(await named(url, "gnutella/ultrapeer")).toEqual([`127.0.5.2:${peer.port}`]);
  expect((await asked(url, "/gwc?hostfile=1&client=TEST")).text).toBe(`127.0.5.2:${peer.port}\r\n`);
  expect((await asked(url, "/gwc?get=1&net=gnutella")).text).toMatch(
    new RegExp(`^H\\|127\\.0\\.5\\.2:${peer.port}\\|\\d\r\n`),
  );
  expect(JSON.parse((await post(url, "/v1/join", body, "127.0.5.2")).text)).toMatchObject({ reachable: "yes" });
  await post(url, "/v1/leave", { network: "gnutella/ultrapeer", port: peer.port }, "127.0.5.2");
  expect(await named(url, "gnutella/ultrapeer")).toEqual([]);
});

test("a forged address in an update is neither kept nor dialled, whatever headers come with it", async () => {
  const { role, url } = await opened();
  const victim = await listening("127.0.5.3");
  const forged = `ip=127.0.5.3:${victim.port}`;
  const headers = { "x-forwarded-for": "127.0.5.3", forwarded: "for=127.0.5.3", "client-ip": "127.0.5.3" };

  for (const query of [forged, `update=1&${forged}`, `update=1&net=gnutella2&${forged}`]) {
    expect((await asked(url, `/gwc?${query}`, { headers })).text).toContain("Rejected IP");
  }
  await post(url, "/v1/join", { network: "chord", port: victim.port, load: 0, address: "127.0.5.3", ip: "127.0.5.3" });

  await until(() => role.status().networks.some(({ network }) => network === "chord"));
  expect(role.status().networks).toMatchObject([{ network: "chord", known: 1 }]);
  // The check of the asker's own address comes back; then nothing else is under way.
  await until(
    async () =>
      JSON.parse((await post(url, "/v1/join", { network: "chord", port: victim.port, load: 0 })).text).reachable ===
      "no",
  );
  expect(victim.calls()).toBe(0);
});

test("behind a proxy that is trusted the client's address counts, and what it says before that does not", async () => {
  const { role, url } = await opened({ trustedProxies: [parseBlock("127.0.5.9") as AddressBlock] });
  const peer = await listening("127.0.5.4");
  const body = JSON.stringify({ network: "chord", port: peer.port, load: 0 });
  const headers = { "content-type": "application/json", "x-forwarded-for": "127.0.5.77, 127.0.5.4" };

  await asked(url, "/v1/join", { method: "POST", body, headers, from: "127.0.5.9" });
  await until(() => ready({ role }) === 1);

  expect(await named(url, "chord")).toEqual([`127.0.5.4:${peer.port}`]);
});

test("private peers are taken only where the owner allows them", async () => {
  const { url } = await opened({ allow: [] });
  const answer = await post(url, "/v1/join", { network: "chord", port: 7000, load: 0 });
  expect(answer.status).toBe(422);
  expect(JSON.parse(answer.text)).toMatchObject({ kind: "refused", reason: "address" });
});

test("of a thousand requests from one address all but the first thirty are answered 429, and others are served meanwhile", async () => {
  const { url } = await opened();
  const statuses = new Map<number, number>();
  for (let batch = 0; batch < 100; batch++) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => asked(url, "/v1/peers?network=chord")));
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (batch === 50) expect((await asked(url, "/v1/peers?network=chord", { from: "127.0.5.8" })).status).toBe(200);
  }
  expect(statuses.get(429)).toBeGreaterThan(900);
  expect((statuses.get(200) ?? 0) + (statuses.get(429) ?? 0)).toBe(1000);
  const last = await asked(url, "/v1/peers?network=chord");
  expect(Number(last.headers["retry-after"])).toBeGreaterThan(0);
}, 60_000);

test.each([
  [
    "a body that is too long",
    "/v1/join",
    { method: "POST", body: "x".repeat(100_000), headers: { "content-type": "application/json" } },
    413,
  ],
  [
    "a body of another type, as a page can send it",
    "/v1/join",
    { method: "POST", body: "{}", headers: { "content-type": "text/plain" } },
    415,
  ],
  [
    "a body that is none",
    "/v1/join",
    { method: "POST", body: "{", headers: { "content-type": "application/json" } },
    400,
  ],
  [
    "a port of the system",
    "/v1/join",
    { method: "POST", body: '{"network":"chord","port":22,"load":0}', headers: { "content-type": "application/json" } },
    422,
  ],
  ["a method that changes nothing here", "/v1/peers?network=chord", { method: "DELETE" }, 405],
  ["a join by GET", "/v1/join", {}, 405],
  ["an unknown network", "/v1/peers?network=fido", {}, 404],
  ["a count that is none", "/v1/peers?network=chord&count=1e9", {}, 400],
  ["a picture in a page", "/gwc?ip=127.0.5.1:7000", { headers: { "sec-fetch-site": "cross-site" } }, 403],
  ["a path with dots", "/../../etc/passwd", {}, 404],
  ["a long address", `/gwc?${"x".repeat(2000)}`, {}, 414],
])("%s is refused", async (_what, path, more, status) => {
  const { role, url } = await opened();
  // The server may hang up on a body before all of it was sent.
  const answer = await asked(url, path, more).catch(() => undefined);
  if (status === 413) expect(answer?.status ?? 413).toBe(413);
  else expect(answer?.status).toBe(status);
  expect(role.status().networks).toEqual([]);
});

test("whoever sends his headers slowly, or no body at all, is hung up on, and the others do not notice", async () => {
  const { url } = await opened();
  const { port } = new URL(url);
  const started = performance.now();
  const slow = Array.from({ length: LIMITS.connectionsPerHostMax + 10 }, (_, i) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), localAddress: "127.0.5.66" });
    socket.on("error", () => undefined);
    socket.write(
      i % 2 === 0
        ? "GET /v1/peers HTTP/1.1\r\nHost: x\r\nX-Slow: "
        : "POST /v1/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    );
    const drip = setInterval(() => socket.write("a"), 500);
    return new Promise<void>((resolve) => socket.once("close", () => resolve(clearInterval(drip))));
  });
  closing.push(() => Promise.all(slow));

  expect((await asked(url, "/v1/peers?network=chord")).status).toBe(200);
  await Promise.all(slow);
  expect(performance.now() - started).toBeLessThan(LIMITS.requestMs + 5000);
}, 30_000);

test("connections that say nothing make room for those that do, however many addresses they come from", async () => {
  const { url } = await opened();
  const { hostname, port } = new URL(url);
  let gone = 0;
  const silent: Socket[] = [];
  for (let host = 1; host <= LIMITS.connectionsMax / LIMITS.connectionsPerHostMax; host++) {
    for (let i = 0; i < LIMITS.connectionsPerHostMax; i++) {
      const socket = connect({ host: hostname, port: Number(port), localAddress: `127.6.0.${host}` });
      socket.on("error", () => undefined).on("close", () => gone++);
      silent.push(socket);
    }
  }
  closing.push(() => silent.forEach((socket) => socket.destroy()));
  await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));

  for (let i = 1; i <= 5; i++)
    expect((await asked(url, "/v1/peers?network=chord", { from: `127.7.0.${i}` })).status).toBe(200);
  expect(gone).toBeGreaterThan(0);
});

test("with --hand-on everything is sent on, with its method and question, and nothing is kept", async () => {
  const { role, url } = await opened({ handOn: "https://peers.example:8443" });
  const description = await asked(url, "/.well-known/servent-introducer");
  expect(description.status).toBe(307);
  expect(description.headers.location).toBe("https://peers.example:8443/.well-known/servent-introducer");
  expect(JSON.parse(description.text)).toMatchObject({
    schema: "servent.introducer/1",
    handOn: "https://peers.example:8443",
  });
  expect((await asked(url, "/gwc?hostfile=1")).headers.location).toBe("https://peers.example:8443/gwc?hostfile=1");
  expect((await asked(url, "//evil.example/v1/x")).headers.location).toBe("https://peers.example:8443/v1/x");
  expect((await post(url, "/v1/join", { network: "chord", port: 7000, load: 0 })).status).toBe(307);
  expect(role.status().networks).toEqual([]);
});

test("it says what it is, and where somebody else already listens it says that", async () => {
  const { url } = await opened({ others: ["https://other.example"] });
  const { status, text } = await asked(url, "/.well-known/servent-introducer");
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ handOn: null, others: ["https://other.example"], goneWithinSeconds: 360 });
  expect((await asked(url, "/gwc?urlfile=1")).text).toBe("https://other.example/gwc\r\n");
  await expect(opened({ listen: new URL(url).host })).rejects.toMatchObject({ code: "port_in_use" });
});

test("where the peers cannot be written down, it does not go on listening", async () => {
  const { role, url } = await opened();
  await role.stop();
  const listen = new URL(url).host;
  const stateFile = "/nonexist/peers.json";
  await expect(opened({ listen, stateFile })).rejects.toMatchObject({ code: "permission" });
  await expect(opened({ listen })).resolves.toMatchObject({ url });
});

test("a place that is none is told", async () => {
  await expect(opened({ listen: "foo" })).rejects.toMatchObject({
    code: "invalid_value",
    message: '"foo" is no place to listen.',
  });
});
