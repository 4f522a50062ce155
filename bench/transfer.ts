// One gigabyte over loopback, from one servent to another, against nginx, curl and a pass of SHA-1 in the same run:
// processor time of both ends, memory, and the ratio to the rivals. `node bench/transfer.ts [MiB]`.
import { sha1Urn, tigerUrn } from "@servent/overlay/base/urn.ts";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import type { SharedFile } from "../packages/servent/src/library/library.ts";
import { HttpClient } from "../packages/servent/src/networks/http/http-client.ts";
import { UploadServer } from "../packages/servent/src/networks/http/upload-server.ts";
import type { Network, Source } from "../packages/servent/src/networks/network.ts";
import { systemClock } from "../packages/servent/src/transfers/clock.ts";
import { TransferManager } from "../packages/servent/src/transfers/transfer-manager.ts";
import { Uploads } from "../packages/servent/src/transfers/uploads.ts";

const RATIO_MAX = 3;
const RSS_MB_MAX = 300;
const BLOCK = 1024 * 1024;

interface Cost {
  readonly cpuS: number;
  readonly rssMb: number;
}

interface Described {
  readonly sha1: string;
  readonly root: string;
  readonly nodes: string;
}

const [, self, role, ...rest] = process.argv;
if (role === "give") await give(rest[0] as string, rest[1] as string);
else if (role === "get") await get(rest[0] as string, Number(rest[1]), rest[2] as string);
else if (role === "sha1") sha1(rest[0] as string);
else await compare(role === undefined ? 1024 : Number(role));

/** This process' own cost so far. */
function cost(): Cost {
  const { user, system } = process.cpuUsage();
  return { cpuS: (user + system) / 1e6, rssMb: process.resourceUsage().maxRSS / 1024 };
}

// --- our two ends

async function give(path: string, description: string): Promise<void> {
  const { sha1, root, nodes } = JSON.parse(readFileSync(description, "utf8")) as Described;
  const fd = openSync(path, "r");
  const size = Number(execFileSync("stat", ["-c", "%s", path], { encoding: "utf8" }));
  const file: SharedFile = {
    index: 1,
    shareId: "s_1",
    virtualPath: "bench/big.bin",
    name: "big.bin",
    size,
    modifiedAt: 0,
    sharedAt: 0,
    sha1: Buffer.from(sha1, "hex"),
    tigerRoot: Buffer.from(root, "hex"),
  };
  const library = {
    version: 1,
    byIndex: () => file,
    bySha1: () => file,
    list: () => ({ items: [file], total: 1 }),
    tigerLevel: () => ({ blockSize: BLOCK, nodes: new Uint8Array(Buffer.from(nodes, "hex")) }),
    open: () => ({ file, fd, close: () => undefined }),
  };
  const uploads = new Uploads({
    clock: systemClock,
    activeUp: 4,
    perPeer: 4,
    bytesPerSecond: 0,
    events: () => undefined,
  });
  const server = new UploadServer({ library, uploads, server: "Servent/bench" });
  const listener = net.createServer({ allowHalfOpen: true }, (socket) => server.take(socket, new Uint8Array(0)));
  listener.listen(0, "127.0.0.1", () => process.stdout.write(`${(listener.address() as net.AddressInfo).port}\n`));
  process.once("SIGTERM", () => {
    process.stdout.write(`${JSON.stringify(cost())}\n`);
    process.exit(0);
  });
}

async function get(port: string, size: number, description: string): Promise<void> {
  const { sha1, root } = JSON.parse(readFileSync(description, "utf8")) as Described;
  const folder = mkdtempSync(join(tmpdir(), "servent-bench-get-"));
  const client = new HttpClient({ userAgent: "Servent/bench" });
  const peer = client.peer({ host: "127.0.0.1", port: Number(port) });
  const sha1Name = sha1Urn(Buffer.from(sha1, "hex"));
  const path = `/uri-res/N2R?${sha1Name}`;
  const network: Pick<Network, "open" | "hashTree"> = {
    open: (_source, range, signal) => client.open(peer, path, range, signal),
    hashTree: (_source, signal) => client.hashTree(peer, client.thexUri(peer, path) as string, signal),
  };
  const urns = [sha1Name, tigerUrn(Buffer.from(root, "hex"))];
  const source: Source = {
    network: "gnutella",
    key: "a",
    peer: "a",
    name: "big.bin",
    size,
    urns,
    firewalled: false,
    locator: {},
  };
  const ended = Promise.withResolvers<string>();
  const manager = new TransferManager({
    db: new DatabaseSync(join(folder, "state.db")),
    downloads: join(folder, "downloads"),
    incomplete: join(folder, "incomplete"),
    activeDown: 4,
    perPeer: 4,
    retry: { tries: 0, firstMs: 1000, maxMs: 60_000 },
    stallMs: 60_000,
    reserveDisk: 0,
    onConflict: "rename",
    bytesPerSecond: 0,
    networks: () => network as Network,
    events: (type, view) => {
      if (type === "transfer.done" || type === "transfer.failed") ended.resolve(`${view.state} ${view.verified}`);
    },
  });
  const start = performance.now();
  manager.start();
  manager.add({ name: "big.bin", size, urns, sources: [source] });
  // The manager's own timers keep nobody alive.
  const alive = setInterval(() => undefined, 1000);
  const end = await ended.promise;
  clearInterval(alive);
  process.stdout.write(`${JSON.stringify({ ...cost(), wallS: (performance.now() - start) / 1000, end })}\n`);
  await manager.close();
  rmSync(folder, { recursive: true });
  process.exit(0);
}

function sha1(path: string): void {
  const hash = createHash("sha1");
  const fd = openSync(path, "r");
  const buffer = Buffer.allocUnsafeSlow(BLOCK);
  for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
    hash.update(buffer.subarray(0, count));
  process.stdout.write(`${JSON.stringify({ ...cost(), digest: hash.digest("hex") })}\n`);
}

// --- the comparison

async function compare(mib: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "servent-bench-"));
  try {
    const description = describe(folder, mib);
    const size = mib * BLOCK;
    const rivals = [await rival(folder), await rival(folder)];
    const ours = [await own(folder, description, size), await own(folder, description, size)];
    const best = <T extends { cpuS: number }>(runs: readonly T[]): T =>
      runs.reduce((a, b) => (a.cpuS <= b.cpuS ? a : b));
    const [theirs, mine] = [best(rivals), best(ours)];
    const ratio = mine.cpuS / theirs.cpuS;
    console.log(`${mib} MiB over loopback, processor seconds (user + system), the better of two runs each`);
    console.log(
      `rivals  nginx ${theirs.nginxS.toFixed(2)}  curl ${theirs.curlS.toFixed(2)}  sha1 ${theirs.sha1S.toFixed(2)}  sum ${theirs.cpuS.toFixed(2)}  wall ${theirs.wallS.toFixed(2)} s`,
    );
    console.log(
      `servent giving ${mine.give.cpuS.toFixed(2)}  getting ${mine.get.cpuS.toFixed(2)}  sum ${mine.cpuS.toFixed(2)}  wall ${mine.get.wallS.toFixed(2)} s  (${mine.get.end})`,
    );
    console.log(
      `memory  giving ${mine.give.rssMb.toFixed(0)} MB  getting ${mine.get.rssMb.toFixed(0)} MB  (limit ${RSS_MB_MAX})`,
    );
    console.log(`ratio   ${ratio.toFixed(2)}  (limit ${RATIO_MAX})`);
    const isGood =
      ratio <= RATIO_MAX && mine.give.rssMb < RSS_MB_MAX && mine.get.rssMb < RSS_MB_MAX && mine.get.end === "done sha1";
    process.exitCode = isGood ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the file, and beside it what a library would know of it. */
function describe(folder: string, mib: number): string {
  const fd = openSync(join(folder, "big.bin"), "w");
  const hash = createHash("sha1");
  const tiger = new TigerTreeHasher(BLOCK);
  const block = Buffer.alloc(BLOCK);
  for (let i = 0; i < mib; i++) {
    randomFillSync(block);
    writeSync(fd, block);
    hash.update(block);
    tiger.update(block);
  }
  closeSync(fd);
  const tree = tiger.finish();
  const path = join(folder, "big.json");
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  writeFileSync(path, JSON.stringify({ sha1: hash.digest("hex"), root: hex(tree.root), nodes: hex(tree.nodes) }));
  return path;
}

async function rival(
  folder: string,
): Promise<{ nginxS: number; curlS: number; sha1S: number; cpuS: number; wallS: number }> {
  if (!existsSync("/usr/sbin/nginx")) throw new Error("nginx is missing: apt-get install nginx-light");
  const own = join(folder, "nginx");
  mkdirSync(own, { recursive: true });
  const port = await freePort();
  writeFileSync(
    join(own, "nginx.conf"),
    `worker_processes 1; daemon off; master_process off; pid ${own}/pid; error_log ${own}/error.log; user root;
     events {} http { sendfile on; access_log off; server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  );
  const nginx = spawn("/usr/sbin/nginx", ["-c", join(own, "nginx.conf"), "-p", own], { stdio: "ignore" });
  try {
    await reachable(port);
    const before = ticksOf(nginx.pid as number);
    const start = performance.now();
    const target = join(folder, "curl.out");
    const times = execFileSync(
      "bash",
      ["-c", `TIMEFORMAT='%U %S'; { time curl -s -o ${target} http://127.0.0.1:${port}/big.bin; } 2>&1`],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const wallS = (performance.now() - start) / 1000;
    rmSync(target);
    const curlS = Number(
      times
        .trim()
        .split(" ")
        .reduce((sum, each) => sum + Number(each), 0),
    );
    const nginxS = (ticksOf(nginx.pid as number) - before) / 100;
    const hashed = JSON.parse(
      execFileSync(process.execPath, [self as string, "sha1", join(folder, "big.bin")], { encoding: "utf8" }),
    ) as Cost;
    return { nginxS, curlS, sha1S: hashed.cpuS, cpuS: nginxS + curlS + hashed.cpuS, wallS };
  } finally {
    nginx.kill();
  }
}

async function own(folder: string, description: string, size: number) {
  const script = fileURLToPath(import.meta.url);
  const giving = spawn(process.execPath, [script, "give", join(folder, "big.bin"), description], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await line(giving);
  const getting = spawn(process.execPath, [script, "get", port, String(size), description], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const get = JSON.parse(await line(getting)) as Cost & { wallS: number; end: string };
  const told = line(giving);
  giving.kill("SIGTERM");
  const give = JSON.parse(await told) as Cost;
  return { give, get, cpuS: give.cpuS + get.cpuS };
}

/** User and system time of a process so far, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`a child ended with ${code}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => setTimeout(() => resolve(false), 50));
    });
    if (isOpen) return;
  }
  throw new Error("nginx does not listen");
}
