// A daemon made by hand for the tests of the API: no network, no disk but a temporary folder, no clock but the test's.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ServentError } from "../../base/servent-error.ts";
import { Settings } from "../../config/settings.ts";
import { makeProfileFolders, profilePaths } from "../../daemon/profile.ts";
import { EventBus } from "../../events/event-bus.ts";
import type { Library, Share, ShareRequest, SharedFile } from "../../library/library.ts";
import { Log } from "../../log/log.ts";
import type { Dht, NeighbourInfo, NetworkId, NetworkStatus, Source } from "../../networks/network.ts";
import type { FileGroup, SearchRequest, SearchView, Searches } from "../../search/search.ts";
import type { TransferRequest, TransferState, TransferView, Transfers, Why } from "../../transfers/transfer.ts";
import type { App, Limits, LimitsChange, NetworkControl } from "../app.ts";
import type { Clock } from "../clock.ts";
import { type Api, type ApiOptions, createApi } from "../create-api.ts";

const AT = "2026-11-22T10:00:00.000Z";
const SHA1 = "urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB";

const missing = (what: string, id: string) =>
  new ServentError("not_found", `There is no ${what} ${id}.`, "Look again.");

/** Moves only when told. */
export class HandClock implements Clock {
  private time = Date.parse(AT);
  private readonly timers = new Set<{ at: number; act: () => void }>();

  now = (): number => this.time;

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.time + ms, act };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.time = next.at;
      next.act();
    }
    this.time = end;
  }
}

export const source: Source = {
  network: "gnutella",
  key: "gnutella 127.0.0.5:6346 7",
  peer: "127.0.0.5:6346",
  name: "tide-tables.txt",
  size: 812_000,
  urns: [SHA1],
  firewalled: false,
  locator: { index: 7, secretOfTheAdapter: "x" },
};

export function fileGroup(number: number, name: string, size: number): FileGroup {
  return {
    number,
    id: `f_${number}`,
    name,
    names: [name],
    size,
    type: name.endsWith(".ogg") ? "audio" : "text",
    urns: [SHA1],
    networks: ["gnutella"],
    sources: [source],
    health: "ready",
    match: "strong",
    have: false,
    transfer: null,
  };
}

const why: Why = {
  state: "waiting",
  since: AT,
  facts: [{ at: AT, text: "The only source is busy.", code: "remote_busy" }],
  actions: [{ label: "Retry", method: "POST", href: "/api/v1/transfers/t_1/retry" }],
};

export class HandTransfers implements Transfers {
  readonly rows = new Map<string, TransferView>();
  readonly asked: TransferRequest[] = [];

  put(id: string, change: Partial<TransferView> = {}): TransferView {
    const row: TransferView = {
      id,
      direction: "down",
      name: "tide-tables.txt",
      state: "active",
      reason: null,
      text: "Downloading.",
      size: 812_000,
      bytesDone: 1000,
      rate: 500,
      leftMs: 2000,
      urns: [SHA1],
      priority: "normal",
      sources: [],
      verified: null,
      path: null,
      peer: null,
      addedAt: AT,
      changedAt: AT,
      ...change,
    };
    this.rows.set(id, row);
    return row;
  }

  add(request: TransferRequest): { transfer: TransferView; created: boolean } {
    this.asked.push(request);
    const there = [...this.rows.values()].find((row) => row.urns[0] === request.urns[0] && row.name === request.name);
    if (there !== undefined) return { transfer: there, created: false };
    const transfer = this.put(`t_${this.rows.size + 1}`, {
      name: request.name,
      urns: request.urns,
      priority: request.priority ?? "normal",
    });
    return { transfer, created: true };
  }
  addSources(): void {}
  list(): TransferView[] {
    return [...this.rows.values()];
  }
  view(id: string): TransferView {
    const row = this.rows.get(id);
    if (row === undefined) throw missing("transfer", id);
    return row;
  }
  why(id: string): Why {
    this.view(id);
    return why;
  }
  pause(id: string): void {
    this.become(id, "paused");
  }
  resume(id: string): void {
    this.become(id, "queued");
  }
  retry(id: string): void {
    this.become(id, "queued");
  }
  cancel(id: string): void {
    this.become(id, "cancelled");
  }
  remove(id: string): void {
    if (this.view(id).state === "active") throw new ServentError("conflict", `${id} still runs.`, "Cancel it first.");
    this.rows.delete(id);
  }
  move(id: string): void {
    this.view(id);
  }
  setPriority(id: string, priority: TransferView["priority"]): void {
    this.put(id, { ...this.view(id), priority });
  }
  private become(id: string, state: TransferState): void {
    this.put(id, { ...this.view(id), state });
  }
}

export class HandSearches implements Searches {
  readonly rows: SearchView[] = [];
  groups: FileGroup[] = [fileGroup(1, "tide-tables.txt", 812_000), fileGroup(2, "tidepool.ogg", 3_100_000)];

  start(request: SearchRequest): SearchView {
    const row: SearchView = {
      id: `s_${this.rows.length + 1}`,
      words: request.words,
      urn: request.urn ?? null,
      state: "running",
      networks: request.networks ?? ["gnutella"],
      files: 2,
      hits: 2,
      messages: 10,
      bytes: 1000,
      startedAt: AT,
      durationMs: 5,
      notes: [],
    };
    this.rows.push(row);
    return row;
  }
  list(): SearchView[] {
    return this.rows;
  }
  view(id: string): SearchView {
    const row = this.rows.find((search) => search.id === id);
    if (row === undefined) throw missing("search", id);
    return row;
  }
  latest(): SearchView | undefined {
    return this.rows.at(-1);
  }
  results(id: string): FileGroup[] {
    this.view(id);
    return this.groups;
  }
  stop(id: string): SearchView {
    return { ...this.view(id), state: "stopped" };
  }
  again(id: string): SearchView {
    return this.start(this.view(id).urn === null ? { words: this.view(id).words } : { words: "" });
  }
  remove(id: string): void {
    this.rows.splice(this.rows.indexOf(this.view(id)), 1);
  }
  why(id: string): Why {
    this.view(id);
    return why;
  }
}

export class HandLibrary implements Library {
  readonly rows: Share[] = [];
  readonly files: SharedFile[] = [];
  readonly version = 1;

  async preview(request: ShareRequest) {
    return { path: request.path, files: 2, bytes: 10, largest: [], excluded: [], truncated: false };
  }
  async add(request: ShareRequest): Promise<Share> {
    if (request.path === "/")
      throw new ServentError("share_refused", "The root folder is never shared.", "Choose another.");
    const there = this.rows.find(({ path: folder }) => folder === request.path);
    if (there !== undefined) return there;
    const share: Share = {
      id: `h_${this.rows.length + 1}`,
      path: request.path,
      as: request.as ?? path.basename(request.path),
      exclude: request.exclude ?? [],
      files: 0,
      bytes: 0,
      scannedAt: null,
      progress: { state: "scanning", filesFound: 0, filesHashed: 0, bytesHashed: 0, bytesToHash: 0, current: "" },
      problems: 0,
      watched: true,
      watchNote: "",
    };
    this.rows.push(share);
    return share;
  }
  async remove(id: string): Promise<void> {
    this.rows.splice(this.rows.indexOf(this.share(id)), 1);
  }
  shares(): Share[] {
    return this.rows;
  }
  share(id: string): Share {
    const share = this.rows.find((row) => row.id === id);
    if (share === undefined) throw missing("share", id);
    return share;
  }
  problems(id: string) {
    return [{ path: this.share(id).path, code: "unreadable" as const, text: "No permission.", at: AT }];
  }
  scan(id: string): void {
    this.share(id);
  }
  cancelScan(id: string): void {
    this.share(id);
  }
  totals() {
    return { files: this.files.length, bytes: 10 };
  }
  match(): SharedFile[] {
    return this.files;
  }
  byIndex(index: number): SharedFile | undefined {
    return this.files.find((file) => file.index === index);
  }
  bySha1(): undefined {
    return undefined;
  }
  list(offset: number, limit: number) {
    return { items: this.files.slice(offset, offset + limit), total: this.files.length };
  }
  tigerLevel(): undefined {
    return undefined;
  }
  open(): undefined {
    return undefined;
  }
  forEachWord(): void {}
}

export class HandNetworks implements NetworkControl {
  enabled = false;
  isDhtOff = false;
  role = "auto";
  readonly peers: NeighbourInfo[] = [];
  readonly asked: string[] = [];

  list(): NetworkStatus[] {
    return [this.status("gnutella")];
  }
  status(id: NetworkId): NetworkStatus {
    if (id !== "gnutella") throw missing("network", id);
    return {
      id,
      state: this.enabled ? "online" : "off",
      since: "2026-01-01T00:00:00.000Z",
      liveness: "Nobody is asked.",
      role: this.role,
      endpoint: this.enabled ? { host: "127.0.0.1", port: 6346 } : undefined,
      peers: this.peers.length,
      counters: { queries: 3 },
    };
  }
  isEnabled(): boolean {
    return this.enabled;
  }
  async enable(): Promise<void> {
    this.enabled = true;
  }
  async disable(): Promise<void> {
    this.enabled = false;
  }
  async setRole(_id: NetworkId, role: string): Promise<void> {
    this.role = role;
  }
  async setLinks(id: NetworkId, links: number): Promise<void> {
    this.asked.push(`links ${id} ${links}`);
  }
  bootstrap(id: NetworkId, entries: readonly string[]): void {
    for (const entry of entries) this.asked.push(`bootstrap ${id} ${entry}`);
  }
  why(): Why {
    return why;
  }
  dht(id: NetworkId): Dht {
    if (id === "gnutella") throw new ServentError("invalid_value", `${id} is no hash table.`, "Choose chord.");
    if (this.isDhtOff) throw new ServentError("network_off", `${id} is off.`, "Enable it.");
    return handDht;
  }
  neighbours(): NeighbourInfo[] {
    return this.peers;
  }
  connect(id: NetworkId, { host, port }: { host: string; port: number }): void {
    if (!this.enabled) throw new ServentError("network_off", `${id} is off.`, "Enable it.");
    this.asked.push(`connect ${id} ${host}:${port}`);
  }
  disconnect(id: string): void {
    throw missing("peer", id);
  }
  whyPeer(): Why {
    return why;
  }
}

const dhtPeer = (n: number) => ({ id: String(n).repeat(40), endpoint: { host: `127.0.0.${n}`, port: 7000 } });

/** A ring of three, of which the second is silent; `nobody` has no owner and `nothing` no records. */
const handDht: Dht = {
  table: () => [
    {
      ...dhtPeer(1),
      state: "member",
      records: 4,
      entries: [
        { ...dhtPeer(3), role: "predecessor", place: 1, distance: 0.75 },
        { ...dhtPeer(2), role: "successor", place: 1, distance: 0.25 },
        { ...dhtPeer(3), role: "finger", place: 159, distance: 0.75 },
      ],
    },
  ],
  lookup: async (key, withRecords) => {
    const found = {
      provider: { host: "127.0.0.3", port: 7000 },
      name: "tide-tables.txt",
      size: 812_000,
      urns: [SHA1],
      bytes: 90,
      holders: [dhtPeer(3).endpoint],
    };
    return {
      key: "ab".repeat(20),
      text: key,
      owner: key === "nobody" ? null : dhtPeer(3),
      followers: [dhtPeer(1)],
      hops: [
        { ...dhtPeer(2), ms: null },
        { ...dhtPeer(3), ms: 12 },
      ],
      ms: 2012,
      records: withRecords ? (key === "nothing" ? [] : [found]) : null,
    };
  },
};

export interface HandMade {
  readonly app: App;
  readonly api: Api;
  readonly clock: HandClock;
  readonly database: DatabaseSync;
  readonly folder: string;
  readonly transfers: HandTransfers;
  readonly searches: HandSearches;
  readonly library: HandLibrary;
  readonly networks: HandNetworks;
  /** How often a shutdown was asked for. */
  readonly stops: () => number;
  close(): Promise<void>;
}

/** A listening API. `flags` are settings; by default one TCP port and a socket, both chosen for this test alone. */
export async function handMade(
  flags: Readonly<Record<string, unknown>> = {},
  more: Partial<ApiOptions> = {},
): Promise<HandMade> {
  const folder = mkdtempSync(path.join(tmpdir(), "servent-api-"));
  const paths = profilePaths({ profile: "test", root: folder, env: { XDG_RUNTIME_DIR: folder }, home: folder });
  makeProfileFolders(paths);
  const clock = new HandClock();
  const database = new DatabaseSync(paths.database);
  const transfers = new HandTransfers();
  const searches = new HandSearches();
  const library = new HandLibrary();
  const networks = new HandNetworks();
  let limits: Limits = { down: 0, up: 0, slow: { enabled: false, down: 200_000, up: 50_000 } };
  let stops = 0;
  const app: App = {
    version: "0.1.0",
    profile: "test",
    demo: false,
    startedAt: AT,
    paths,
    events: new EventBus(clock.now),
    settings: new Settings({
      configFile: paths.configFile,
      settingsFile: paths.settingsFile,
      flags: { "http.listen": ["127.0.0.1:0"], ...flags },
    }),
    library,
    transfers,
    searches,
    networks,
    limits: {
      current: () => limits,
      change(change: LimitsChange) {
        limits = { ...limits, ...change, slow: { ...limits.slow, ...change.slow } };
        return limits;
      },
    },
    log: new Log({ level: "debug", home: folder }),
    indexServer: () => null,
    doctor: async () => [{ id: "clock", ok: true, level: "ok", title: "Clock", detail: "It is right.", fix: "" }],
    parseLink(text) {
      if (!text.startsWith("urn:") && !text.startsWith("magnet:")) {
        throw new ServentError("invalid_value", `"${text}" is no link.`, "Use a URN or a magnet.");
      }
      return { name: text, size: undefined, urns: [text], sources: [source] };
    },
    shutdown() {
      stops++;
    },
  };
  const api = await createApi(app, { database, clock, pageFolder: path.join(folder, "no-page"), ...more });
  return {
    app,
    api,
    clock,
    database,
    folder,
    transfers,
    searches,
    library,
    networks,
    stops: () => stops,
    async close() {
      await api.close();
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
