// A process that downloads until it is killed: for the crash test. Prints a line for every MiB that it received, with
// the bytes received so far by this process, and one when the file is done.
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { HttpClient } from "../networks/http/http-client.ts";
import type { Network, Source } from "../networks/network.ts";
import { TransferManager } from "./transfer-manager.ts";

const [, , folder = "", urn = "", size = "0", ...ports] = process.argv;
const client = new HttpClient({ userAgent: "Servent/test" });
let received = 0;

function peerOf(source: Source) {
  return client.peer({ host: "127.0.0.1", port: Number(source.key) });
}

async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    const before = Math.floor(received / 2 ** 20);
    received += chunk.length;
    if (Math.floor(received / 2 ** 20) > before) process.stdout.write(`received ${received}\n`);
    yield chunk;
  }
}

const network: Pick<Network, "open" | "hashTree"> = {
  open: async (source, range, signal) => {
    const answer = await client.open(peerOf(source), `/uri-res/N2R?${urn}`, range, signal);
    return { ...answer, body: counted(answer.body) };
  },
  hashTree: (source, signal) => client.hashTree(peerOf(source), `/uri-res/N2X?${urn}`, signal),
};

const manager = new TransferManager({
  db: new DatabaseSync(join(folder, "state.db")),
  downloads: join(folder, "downloads"),
  incomplete: join(folder, "incomplete"),
  activeDown: 4,
  perPeer: 2,
  retry: { tries: 0, firstMs: 100, maxMs: 1000 },
  stallMs: 10_000,
  reserveDisk: 0,
  onConflict: "rename",
  bytesPerSecond: 0,
  networks: () => network as Network,
  events: (type, view) => {
    if (type === "transfer.done" || type === "transfer.failed") process.stdout.write(`${view.state} ${received}\n`);
  },
});
manager.start();
const sources = ports.map((port): Source => {
  return {
    network: "gnutella",
    key: port,
    peer: port,
    name: "f",
    size: Number(size),
    urns: [urn],
    firewalled: false,
    locator: {},
  };
});
// After a crash the same transfer goes on; it is not added twice.
if (manager.list().length === 0) manager.add({ name: "file.bin", size: Number(size), urns: [urn], sources });
setInterval(() => undefined, 1000);
