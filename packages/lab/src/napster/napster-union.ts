// Index servers in a union of our own links; each of them is killed once, at a random time, and comes back empty a minute later. How
// long until every client is logged in again with all it shares, and until every file is found again by somebody who asks
// for it? Whoever asks is a client like all others: he may have lost his server himself, and only asks once a second.
import type { Findings, Program, RunContext, Table } from "../experiments/program.ts";
import { numberOf, wordOf } from "../experiments/setting-values.ts";
import { World } from "../engine/world.ts";
import { lognormal } from "../network/random-latency.ts";
import { shuffle } from "../random-draws.ts";
import { type LabClient, type LabIndexServer, NapsterWorld, sharedWordOf } from "./napster-world.ts";

/** One way: half of the messages take less. A tenth take more than twice as long. */
const LATENCY_MEDIAN_MS = 40;
const LATENCY_SIGMA = 0.6;
/** Registering takes the longest; then the clients are let alone for a while. */
const SETTLE_MS = 60_000;
/** The kill comes at any moment of this time. */
const KILL_WITHIN_MS = 20_000;
/** What has not happened by then is counted as never. */
const PATIENCE_MS = 60_000;
const STEP_MS = 100;
const ASK_EVERY_MS = 1000;
/** Bars of the plots. */
const BAR_MS = 250;

export const napsterUnion: Program = {
  name: "napster-union",
  summary:
    "Index servers in a union of their own links: one is killed, and its clients and their files are found again",
  settings: {
    servers: { default: 3, least: 2, most: 16, whole: true, summary: "index servers in the union" },
    clients: { default: 300, least: 2, most: 5000, whole: true, summary: "clients in all" },
    files: { default: 20, least: 1, most: 1000, whole: true, summary: "files that each shares" },
    end: {
      default: "killed",
      choices: ["killed", "vanished"],
      summary: "how a server ends: its machine resets all connections, or nothing is heard of it any more",
    },
    logins: { default: 1, least: 1, most: 8, whole: true, summary: "servers that a client is logged in to at a time" },
  },

  memory: (settings) => ({ peers: numberOf(settings, "clients"), bytesPerPeer: 100_000, fixedBytes: 200_000_000 }),

  run({ settings, seed, fidelity, progress }: RunContext): Findings {
    const world = new World({ seed, fidelity, latency: lognormal(LATENCY_MEDIAN_MS, LATENCY_SIGMA) });
    const napster = new NapsterWorld(world, numberOf(settings, "servers"));
    const clients = numberOf(settings, "clients");
    for (let i = 0; i < clients; i++) napster.addClient(numberOf(settings, "logins"), numberOf(settings, "files"));
    const end = wordOf(settings, "end", ["killed", "vanished"]);
    const random = world.random("kills");
    const order = Int32Array.from(napster.servers.keys());
    shuffle(order, random);

    const times: Times = { back: [], found: [], moved: 0 };
    order.forEach((victim, killed) => {
      progress(killed, order.length, "servers killed");
      world.runFor(SETTLE_MS + random.below(KILL_WITHIN_MS));
      const server = napster.servers[victim] as LabIndexServer;
      if (end === "killed") napster.crash(server);
      else napster.vanish(server);
      new Outage(napster, times).run();
      napster.restart(server);
    });
    return {
      values: {
        moved: times.moved,
        ...valuesOf("back", times.back),
        ...valuesOf("found", times.found),
      },
      tables: { back: bars(times.back), found: bars(times.found) },
      digest: world.digest(),
      events: world.events,
    };
  },
};

/** Milliseconds since the kill, for each client and kill; infinite: never. `found`: his files, by another. */
interface Times {
  readonly back: number[];
  readonly found: number[];
  /** Clients that were logged in at no other when their server died. */
  moved: number;
}

/** A server has died this moment, and everybody looks for the files of the next client until he has found them all. */
class Outage {
  private readonly napster: NapsterWorld;
  private readonly times: Times;
  private readonly killedAt: number;
  private readonly back: number[];
  private readonly found: number[];
  /** The search of each client, and the paths that it has found. */
  private readonly asked: { search: number; readonly paths: Set<string> }[];

  constructor(napster: NapsterWorld, times: Times) {
    this.napster = napster;
    this.times = times;
    this.killedAt = napster.world.now;
    const { length } = napster.clients;
    this.back = Array.from({ length }, () => Number.POSITIVE_INFINITY);
    this.found = [...this.back];
    this.asked = Array.from({ length }, () => ({ search: 0, paths: new Set() }));
  }

  run(): void {
    const { napster, times } = this;
    const { world } = napster;
    times.moved += napster.clients.filter((client) => napster.placesOf(client) === 0).length;
    napster.onHit = (client, search, hit) => this.onHit(client, search, hit.nick, hit.file.path);
    for (let step = 0; step * STEP_MS < PATIENCE_MS; step++) {
      for (const client of napster.clients) this.look(client, step);
      if (![...this.back, ...this.found].includes(Number.POSITIVE_INFINITY)) break;
      world.runFor(STEP_MS);
    }
    napster.onHit = () => {};
    times.back.push(...this.back);
    times.found.push(...this.found);
  }

  private look(client: LabClient, step: number): void {
    const { napster, killedAt } = this;
    const { number } = client;
    if (this.back[number] === Number.POSITIVE_INFINITY && napster.placesOf(client) > 0) {
      this.back[number] = napster.world.now - killedAt;
    }
    const sought = this.next(number);
    const isTurn = (step + number) % (ASK_EVERY_MS / STEP_MS) === 0;
    if (!isTurn || this.found[sought] !== Number.POSITIVE_INFINITY) return;
    const asked = this.asked[number];
    if (asked === undefined) return;
    if (asked.search > 0) client.node.stopSearch(asked.search);
    asked.paths.clear();
    asked.search = client.node.search({ words: sharedWordOf(sought), urn: "", name: "" });
  }

  private onHit(client: LabClient, search: number, nick: string, path: string): void {
    const asked = this.asked[client.number];
    const sought = this.next(client.number);
    const owner = this.napster.clients[sought];
    if (asked?.search !== search || owner?.nick !== nick) return;
    asked.paths.add(path);
    if (asked.paths.size < owner.files.length || this.found[sought] !== Number.POSITIVE_INFINITY) return;
    this.found[sought] = this.napster.world.now - this.killedAt;
  }

  /** Whose files this client looks for. */
  private next(client: number): number {
    return (client + 1) % this.napster.clients.length;
  }
}

/** In seconds; those that never came are counted, and not among the others. */
function valuesOf(name: string, times: readonly number[]): Record<string, number> {
  const came = times.filter((time) => time !== Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return {
    [`${name}.never`]: times.length - came.length,
    [`${name}.median`]: (came[came.length >> 1] ?? Number.NaN) / 1000,
    [`${name}.max`]: (came.at(-1) ?? Number.NaN) / 1000,
  };
}

function bars(times: readonly number[]): Table {
  const counts = new Map<number, number>();
  for (const time of times) {
    if (time === Number.POSITIVE_INFINITY) continue;
    const bar = Math.floor(time / BAR_MS);
    counts.set(bar, (counts.get(bar) ?? 0) + 1);
  }
  const last = Math.max(0, ...counts.keys());
  const rows = Array.from({ length: last + 1 }, (_, bar) => [(bar * BAR_MS) / 1000, counts.get(bar) ?? 0]);
  return { columns: ["seconds", "clients"], rows };
}
