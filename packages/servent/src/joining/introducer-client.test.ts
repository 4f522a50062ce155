import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Request } from "@servent/overlay/protocols/introducer/messages.ts";
import { IntroducerClient } from "./introducer-client.ts";
import { introducerUrl } from "./introducer-url.ts";

const DESCRIPTION = { schema: "servent.introducer/1", handOn: null };
const ASK: Request = { kind: "ask", networks: ["chord", "gnutella/leaf"], count: 5, port: 7000 };
const EMPTY = { kind: "peers", peers: [], againSeconds: 10 };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serving(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.6.1", resolve));
  return `http://127.0.6.1:${(server.address() as { port: number }).port}`;
}

/** An introducer that answers these documents, by path. */
function answering(documents: Readonly<Record<string, unknown>>, paths: string[] = []): Promise<string> {
  return serving((request, response) => {
    paths.push(`${request.method} ${request.url}`);
    const document = documents[(request.url ?? "").split("?")[0] as string];
    response.writeHead(document === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? {}));
  });
}

function client(url: string, mayDial: (address: Address) => boolean = () => true): IntroducerClient {
  return new IntroducerClient({ url, userAgent: "Test/1", localAddress: () => "127.0.6.7", mayDial });
}

test("it asks what an introducer is, once, and then what it wants to know", async () => {
  const paths: string[] = [];
  const url = await answering(
    {
      "/.well-known/servent-introducer": DESCRIPTION,
      "/v1/peers": EMPTY,
      "/v1/join": { kind: "joined", reachable: "yes", againSeconds: 9 },
    },
    paths,
  );
  const introducer = client(url);

  expect(await introducer.send(ASK)).toEqual(EMPTY);
  expect(await introducer.send({ kind: "join", network: "chord", port: 7000, load: 3 })).toMatchObject({
    reachable: "yes",
  });

  expect(paths).toEqual([
    "GET /.well-known/servent-introducer",
    "GET /v1/peers?network=chord%2Cgnutella%2Fleaf&count=5&port=7000",
    "POST /v1/join",
  ]);
});

test("it follows three introducers that hand on, and not a fourth, nor a circle", async () => {
  const working = await answering({ "/.well-known/servent-introducer": DESCRIPTION, "/v1/peers": EMPTY });
  let next = working;
  for (let i = 0; i < 3; i++) {
    const location = next;
    next =
      i === 1
        ? await serving((_request, response) =>
            response.writeHead(307, { location: `${location}/.well-known/servent-introducer` }).end(),
          )
        : await answering({ "/.well-known/servent-introducer": { ...DESCRIPTION, handOn: location } });
  }
  expect(await client(next).send(ASK)).toEqual(EMPTY);

  const fourth = await answering({ "/.well-known/servent-introducer": { ...DESCRIPTION, handOn: next } });
  await expect(client(fourth).send(ASK)).rejects.toThrow("more than 3 times");
  let requests = 0;
  const circle: string = await serving((_request, response) => {
    requests++;
    response.end(JSON.stringify({ ...DESCRIPTION, handOn: circle }));
  });
  await expect(client(circle).send(ASK)).rejects.toThrow("more than 3 times");
  expect(requests).toBe(4);
});

test.each([
  "file:///etc/passwd",
  "ftp://x.example",
  "javascript:0",
  "http://u:p@127.0.6.1/",
  "http://127.0.6.1/private/path",
  "",
  "//x",
])("it is not handed on to %s", async (handOn) => {
  const url = await answering({ "/.well-known/servent-introducer": { ...DESCRIPTION, handOn }, "/v1/peers": EMPTY });
  await expect(client(url).send(ASK)).rejects.toThrow("no address of an introducer");
});

test("a stranger's word leads it nowhere that the rules do not allow, by digits or by a name", async () => {
  let calls = 0;
  const inside = await serving((_request, response) => {
    calls++;
    response.end(JSON.stringify(DESCRIPTION));
  });
  const { port } = new URL(inside);
  for (const target of [inside, `http://2130707969:${port}`, `http://localhost:${port}`, `http://[::1]:${port}`]) {
    const url = await answering({ "/.well-known/servent-introducer": { ...DESCRIPTION, handOn: target } });
    const introducer = client(url, () => false);
    await expect(introducer.send(ASK), target).rejects.toThrow("may not be dialled");
  }
  expect(calls).toBe(0);
});

test("an answer without an end is read no further than its bound", async () => {
  const url = await serving((request, response) => {
    if (request.url === "/.well-known/servent-introducer") {
      response.end(JSON.stringify(DESCRIPTION));
      return;
    }
    response.on("error", () => undefined);
    const pour = setInterval(() => response.write("x".repeat(4096)), 1);
    response.on("close", () => clearInterval(pour));
  });
  await expect(client(url).send(ASK)).rejects.toThrow("more than 8192 bytes");
});

test.each([
  ["nothing that is JSON", "<html>"],
  ["a list", "[]"],
  ["a peer without an address", '{"kind":"peers","peers":[{"network":"chord"}],"againSeconds":1}'],
  [
    "more peers than anybody needs",
    JSON.stringify({
      ...EMPTY,
      peers: Array.from({ length: 21 }, () => ({ network: "a", address: "1.2.3.4:5", ageSeconds: 1, load: 0 })),
    }),
  ],
])("an answer that is %s is none", async (_what, body) => {
  const url = await serving((request, response) =>
    response.end(request.url === "/.well-known/servent-introducer" ? JSON.stringify(DESCRIPTION) : body),
  );
  await expect(client(url).send(ASK)).rejects.toThrow("no answer of an introducer");
});

test("after a failure it asks again where the work is done", async () => {
  const paths: string[] = [];
  const url = await answering({ "/.well-known/servent-introducer": DESCRIPTION }, paths);
  const introducer = client(url);
  await expect(introducer.send(ASK)).rejects.toThrow();
  await expect(introducer.send(ASK)).rejects.toThrow();
  expect(paths.filter((path) => path.includes("well-known")).length).toBe(2);
});

test.each([
  ["https://peers.example", "https://peers.example"],
  ["http://127.0.0.1:7391/", "http://127.0.0.1:7391"],
  ["https://peers.example/.well-known/servent-introducer", "https://peers.example"],
  ["peers.example", undefined],
  ["ftp://peers.example", undefined],
  ["https://peers.example/other", undefined],
  ["https://me@peers.example", undefined],
  ["https://peers.example?x=1", undefined],
])("the address %s of an introducer is read as %s", (text, base) => {
  expect(introducerUrl(text)).toBe(base);
});
