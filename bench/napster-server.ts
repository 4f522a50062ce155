// A Napster server with a million files of 500 sharers, over real sockets: what a share and a search cost its process, how much
// memory a file takes, how long an asker waits while others share, and while one or all of them leave. Any other server that
// already listens on this machine can be measured in the same run. Exits with 1 where a limit is missed.
//
//   node bench/napster-server.ts [files] [ADDRESS:PORT PID]
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { encodeMessage } from "../packages/overlay/src/protocols/napster/codec.ts";
import { MESSAGE } from "../packages/overlay/src/protocols/napster/messages.ts";
import { formatShare } from "../packages/overlay/src/protocols/napster/shared-file.ts";
import { Songs } from "./napster-songs.ts";

const SHARERS = 500;
const ASKERS = 200;
/** Searches of a kind that come together, as at a busy server, and then as many alone, each behind the answer of the one before. */
const TOGETHER = 2000;
/** So often; what is in the middle counts, since the first times include that the server's code is compiled. */
const ROUNDS = 5;
const ALONE = 250;
const RESULTS = 100;
/** What an asker may ask. */
const SEARCHES_PER_SECOND = 2;
const OURS = "127.0.0.41:8888";

const LIMITS: Readonly<Record<string, number>> = {
  "share, CPU µs": 20,
  "title search, CPU µs": 100,
  "no match, CPU µs": 10,
  "memory of a file, bytes": 600,
  "sharer of 2,000 files leaves, longest wait ms": 10,
};

/** What the wire and the kernel cost, which any server pays, is told beside it: the same number of messages that ask for nothing. */
async function measure(address: string, pid: number, files: number): Promise<Record<string, number>> {
  const songs = new Songs(Math.max(10_000, files / 2));
  const figures: Record<string, number> = {};
  const each = Math.round(files / SHARERS);
  const askers: Client[] = [];
  for (let i = 0; i < ASKERS; i++) askers.push(await Client.login(address, `asker${i}`, `127.2.0.${1 + i}`));
  let turn = 0;
  const asker = (): Client => askers[turn++ % ASKERS] as Client;
  const first = asker();
  const found = (): number => askers.reduce((sum, each) => sum + each.count(MESSAGE.searchHit), 0);
  await first.ask(MESSAGE.statistics, "", MESSAGE.statistics);

  // Messages of the same length that the server answers with nothing but a word: the cost of the wire.
  const empty = "x".repeat(100);
  const wire = new CpuTime(pid);
  for (let i = 0; i < 10_000; i++) asker().send(MESSAGE.dataPorts, empty);
  for (const each of askers) await each.ask(MESSAGE.statistics, "", MESSAGE.statistics);
  figures["a message that does nothing, CPU µs"] = wire.us / (10_000 + ASKERS);

  const memory = residentBytes(pid);
  const sharers: Client[] = [];
  const share = new CpuTime(pid);
  const started = performance.now();
  let shared = 0;
  for (let i = 0; i < SHARERS; i++) {
    const sharer = await Client.login(address, `sharer${i}`, `127.3.${i >> 7}.${1 + (i & 127)}`);
    sharers.push(sharer);
    const folder = songs.folder(each);
    for (const file of folder) await sharer.write(MESSAGE.share, formatShare(file));
    await sharer.ask(MESSAGE.statistics, "", MESSAGE.statistics);
    shared += folder.length;
  }
  figures["share, CPU µs"] = share.us / shared;
  figures["shares in a second"] = (1000 * shared) / (performance.now() - started);
  figures["memory of a file, bytes"] = (residentBytes(pid) - memory) / shared;

  const kinds: Record<string, () => string> = {
    "title search": () => songs.question().join(" "),
    "rare word": () => songs.rareWord(),
    "common word": () => songs.word(),
    "no match": () => `${songs.question().join(" ")} nobodyhasthis`,
  };
  for (const [kind, words] of Object.entries(kinds)) {
    await wait((1000 * (ROUNDS * TOGETHER + ALONE)) / ASKERS / SEARCHES_PER_SECOND);
    const costs: number[] = [];
    const before = found();
    for (let round = 0; round < ROUNDS; round++) {
      const together = Array.from({ length: TOGETHER }, () => requestFor(words()));
      const cpu = new CpuTime(pid);
      const share = TOGETHER / ASKERS;
      await Promise.all(askers.map((each, i) => each.searchAll(together.slice(i * share, (i + 1) * share))));
      costs.push(cpu.us / TOGETHER);
    }
    figures[`${kind}, CPU µs`] = quantile(costs, 0.5);
    figures[`${kind}, hits of each`] = (found() - before) / TOGETHER / ROUNDS;
    const waits: number[] = [];
    for (let i = 0; i < ALONE; i++) await searched(asker(), requestFor(words()), waits);
    figures[`${kind}, wait ms p50`] = quantile(waits, 0.5);
  }

  figures["search while others share, wait ms p99"] = await whileItGoesOn(
    async () => {
      const sharer = await Client.login(address, "newcomer", "127.4.0.1");
      for (const file of songs.folder(each)) await sharer.write(MESSAGE.share, formatShare(file));
      await sharer.ask(MESSAGE.statistics, "", MESSAGE.statistics);
      sharers.push(sharer);
    },
    asker,
    songs,
    (waits) => quantile(waits, 0.99),
  );
  figures["sharer of 2,000 files leaves, longest wait ms"] = await whileItGoesOn(
    async () => {
      await (sharers.shift() as Client).leave();
      await wait(500);
    },
    asker,
    songs,
    (waits) => Math.max(...waits),
  );
  const leaving = new CpuTime(pid);
  const left = performance.now();
  figures["all leave, longest wait ms"] = await whileItGoesOn(
    async () => {
      await Promise.all(sharers.splice(0).map((sharer) => sharer.leave()));
      for (;;) {
        const [, files] = (await first.ask(MESSAGE.statistics, "", MESSAGE.statistics)).split(" ");
        if (files === "0") return;
        await wait(50);
      }
    },
    asker,
    songs,
    (waits) => Math.max(...waits),
  );
  figures["all leave, until none is known s"] = (performance.now() - left) / 1000;
  figures["all leave, CPU s"] = leaving.us / 1e6;
  for (const each of askers) await each.leave();
  return figures;
}

/** Searches one after the other while something happens; what the waits were. */
async function whileItGoesOn(
  act: () => Promise<void>,
  asker: () => Client,
  songs: Songs,
  figure: (waits: number[]) => number,
): Promise<number> {
  const waits: number[] = [];
  const over = new AbortController();
  const done = act().finally(() => over.abort());
  while (!over.signal.aborted) {
    await searched(asker(), requestFor(songs.question().join(" ")), waits);
    // As many as the askers may ask: two a second and asker.
    await wait(4);
  }
  await done;
  return figure(waits);
}

async function searched(client: Client, request: string, waits: number[]): Promise<void> {
  const started = performance.now();
  await client.ask(MESSAGE.search, request, MESSAGE.searchEnd);
  waits.push(performance.now() - started);
}

function requestFor(words: string): string {
  return `FILENAME CONTAINS "${words}" MAX_RESULTS ${RESULTS}`;
}

/** As bare as a client can be, so that the bench itself takes little of the machine. */
class Client {
  private readonly socket: Socket;
  private readonly counts = new Map<number, number>();
  private rest: Buffer = Buffer.alloc(0);
  private waiting: { type: number; resolve: (text: string) => void; reject: (error: Error) => void } | undefined;

  static async login(address: string, nick: string, from: string): Promise<Client> {
    const [host = "", port = ""] = address.split(":");
    const socket = connect({ host, port: Number(port), localAddress: from, noDelay: true });
    await once(socket, "connect");
    const client = new Client(socket, nick);
    await client.ask(MESSAGE.login, `${nick} password 6699 "bench 1" 8`, MESSAGE.loginAccepted);
    return client;
  }

  private constructor(socket: Socket, nick: string) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.waiting?.reject(new Error(`${nick} was cut off`)));
  }

  send(type: number, text: string): boolean {
    return this.socket.write(encodeMessage({ type, text }));
  }

  /** Waits where the server does not keep up. */
  async write(type: number, text: string): Promise<void> {
    if (!this.send(type, text)) await once(this.socket, "drain");
  }

  /** The text of the next message of type `answer`. */
  ask(type: number, text: string, answer: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting = { type: answer, resolve, reject };
      this.send(type, text);
    });
  }

  /** Sends all at once; done when all are answered. */
  async searchAll(requests: readonly string[]): Promise<void> {
    const ends = this.count(MESSAGE.searchEnd) + requests.length;
    this.socket.write(Buffer.concat(requests.map((text) => encodeMessage({ type: MESSAGE.search, text }))));
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (this.count(MESSAGE.searchEnd) < ends) this.waiting = { type: MESSAGE.searchEnd, resolve: check, reject };
        else resolve();
      };
      check();
    });
  }

  count(type: number): number {
    return this.counts.get(type) ?? 0;
  }

  async leave(): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    await once(this.socket, "close");
  }

  private receive(chunk: Buffer): void {
    let data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (data.length >= 4 && data.length >= 4 + data.readUInt16LE(0)) {
      const end = 4 + data.readUInt16LE(0);
      const type = data.readUInt16LE(2);
      this.counts.set(type, this.count(type) + 1);
      const { waiting } = this;
      if (waiting?.type === type) {
        this.waiting = undefined;
        waiting.resolve(data.toString("latin1", 4, end));
      }
      data = data.subarray(end);
    }
    this.rest = data;
  }
}

/** Of a whole process, its threads and the kernel's part included. A thread that ended meanwhile is not counted. */
class CpuTime {
  private readonly pid: number;
  private readonly start: ReadonlyMap<string, number>;

  constructor(pid: number) {
    this.pid = pid;
    this.start = this.ofThreads();
  }

  get us(): number {
    let sum = 0;
    for (const [thread, nanoseconds] of this.ofThreads()) sum += nanoseconds - (this.start.get(thread) ?? 0);
    return sum / 1000;
  }

  private ofThreads(): ReadonlyMap<string, number> {
    const threads = readdirSync(`/proc/${this.pid}/task`);
    return new Map(threads.map((thread) => [thread, nanosecondsOf(`/proc/${this.pid}/task/${thread}/schedstat`)]));
  }
}

function nanosecondsOf(schedstat: string): number {
  return Number(readFileSync(schedstat, "latin1").split(" ")[0]);
}

function residentBytes(pid: number): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return 1024 * Number(kilobytes);
}

function quantile(values: number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

async function startOurs(folder: string): Promise<ChildProcess> {
  const main = join(import.meta.dirname, "../packages/servent/src/cli/main.ts");
  const child = spawn(
    process.execPath,
    [main, "napster-server", "--listen", OURS, "--accounts", join(folder, "accounts.sqlite")],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const listens = once(child.stdout as NodeJS.ReadableStream, "data");
  const ends = once(child, "exit").then(([code]) => Promise.reject(new Error(`our server ended with ${String(code)}`)));
  await Promise.race([listens, ends]);
  ends.catch(() => undefined);
  return child;
}

const [files = "1000000", rival, rivalPid] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "napster-bench-"));
console.log(`${files} files of ${SHARERS} sharers, ${process.version}, ${cpus()[0]?.model}`);
const child = await startOurs(folder);
let ours: Record<string, number>;
try {
  ours = await measure(OURS, child.pid as number, Number(files));
} finally {
  child.kill("SIGTERM");
  await once(child, "exit");
  rmSync(folder, { recursive: true });
}
const theirs = rival === undefined ? {} : await measure(rival, Number(rivalPid), Number(files));
for (const [name, figure] of Object.entries(ours)) {
  const limit = LIMITS[name];
  const missed = limit !== undefined && !(figure <= limit);
  const other = (theirs as Record<string, number>)[name];
  const show = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0)).padStart(10);
  console.log(
    `${name.padEnd(48)} ${show(figure)} ${other === undefined ? "" : show(other)}${missed ? `   missed: ${limit}` : ""}`,
  );
  if (missed) process.exitCode = 1;
}
