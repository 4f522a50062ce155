// What the scripted daemon is and does: a small world that moves by itself, slowly enough to be watched.
import {
  randomFrom,
  sampleGroup,
  sampleNetworks,
  samplePeers,
  sampleShares,
  sampleTransfer,
  sampleUrn,
} from "./samples.ts";
import type {
  FileGroup,
  Limits,
  Network,
  NetworkId,
  Peer,
  Search,
  Setting,
  Share,
  ShareProblem,
  Transfer,
  TransferState,
} from "./shapes.ts";

export interface WorldOptions {
  readonly transfers: number;
  readonly networks: readonly NetworkId[];
  readonly shares: boolean;
  readonly demo: boolean;
  /** Results that each search finds. */
  readonly hits: number;
}

export const WORLD: WorldOptions = {
  transfers: 60,
  networks: ["gnutella", "bittorrent", "chord", "kelips"],
  shares: true,
  demo: true,
  hits: 40,
};

export interface WorldEvent {
  readonly id: number;
  readonly at: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const TICK_MS = 500;
const HITS_PER_TICK = 4;
const FRONT: readonly TransferState[] = [
  "active",
  "active",
  "waiting",
  "active",
  "checking",
  "finding",
  "paused",
  "failed",
  "waiting",
  "done",
  "queued",
  "done",
];

export class World {
  readonly options: WorldOptions;
  readonly startedAt = Date.now();
  readonly networks: Network[];
  readonly peers: Peer[];
  readonly shares: Share[];
  readonly problems = new Map<string, ShareProblem[]>();
  readonly searches: Search[] = [];
  readonly results = new Map<string, FileGroup[]>();
  transfers: Transfer[];
  limits: Limits = { down: 0, up: 0, slow: { enabled: false, down: 200_000, up: 50_000 } };
  readonly settings: Setting[] = sampleSettings();
  readonly events: WorldEvent[] = [];
  private readonly random = randomFrom(7);
  private readonly listeners = new Set<(event: WorldEvent) => void>();
  private readonly timer: NodeJS.Timeout;
  private nextEvent = 1;
  private nextId = 1;

  constructor(options: WorldOptions) {
    this.options = options;
    this.networks = sampleNetworks(options.networks);
    this.peers = samplePeers(options.networks, this.random);
    this.shares = options.shares ? sampleShares(this.startedAt) : [];
    this.problems.set("sh_2", [
      { path: "2019/locked.txt", code: "unreadable", text: "It may not be read.", at: new Date().toISOString() },
      {
        path: "bad\u202Ename.txt",
        code: "bad_name",
        text: "Its name holds characters that no peer should get.",
        at: new Date().toISOString(),
      },
      {
        path: "log/today.csv",
        code: "changed_while_hashing",
        text: "It changed while it was read; tried again at the next scan.",
        at: new Date().toISOString(),
      },
    ]);
    this.transfers = Array.from({ length: options.transfers }, (_, index) =>
      sampleTransfer(index, this.random, this.startedAt, FRONT[index]),
    );
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  listen(listener: (event: WorldEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(type: string, data: Readonly<Record<string, unknown>>): void {
    const event = { id: this.nextEvent++, at: new Date().toISOString(), type, data };
    this.events.push(event);
    for (const listener of this.listeners) listener(event);
  }

  // ---- acts

  startSearch(words: string, networks: readonly NetworkId[] | undefined): Search {
    const search: Search = {
      id: `s_${this.nextId++}`,
      words,
      urn: null,
      state: "running",
      networks: this.networks
        .filter(({ id, enabled }) => enabled && (networks?.includes(id) ?? true))
        .map(({ id }) => id),
      files: 0,
      hits: 0,
      messages: 0,
      bytes: 0,
      startedAt: new Date().toISOString(),
      durationMs: 0,
      notes: words.startsWith("@")
        ? [{ network: "napster", code: "no_user", text: `No user ${words.slice(1)} is logged in there.` }]
        : [],
    };
    this.searches.unshift(search);
    this.results.set(search.id, []);
    return search;
  }

  endSearch(search: Search, state: "done" | "stopped"): void {
    if (search.state !== "running") return;
    search.state = state;
    this.emit("search.done", { search });
  }

  addTransfer(
    group: FileGroup | undefined,
    name: string,
    size: number | null,
  ): { transfer: Transfer; created: boolean } {
    const known = this.transfers.find(({ id }) => id === group?.transfer);
    if (known !== undefined) return { transfer: known, created: false };
    const base = sampleTransfer(100_000 + this.nextId++, this.random, Date.now(), "active");
    const transfer: Transfer = {
      ...base,
      direction: "down",
      peer: null,
      name,
      size,
      bytesDone: 0,
      urns: group?.urns ?? [sampleUrn(this.random)],
      addedAt: new Date().toISOString(),
      changedAt: new Date().toISOString(),
    };
    this.transfers.unshift(transfer);
    if (group !== undefined) group.transfer = transfer.id;
    this.emit("transfer.added", { transfer });
    return { transfer, created: true };
  }

  setTransfer(transfer: Transfer, change: Partial<Transfer>): void {
    Object.assign(transfer, change, { changedAt: new Date().toISOString() });
    const type =
      change.state === "done" ? "transfer.done" : change.state === "failed" ? "transfer.failed" : "transfer.state";
    this.emit(type, { transfer: { ...transfer } });
  }

  setNetwork(network: Network, enabled: boolean): void {
    const [fresh] = sampleNetworks([network.id]).filter(({ id }) => id === network.id);
    Object.assign(
      network,
      enabled
        ? { ...fresh, state: "connecting", peers: 0 }
        : { enabled, state: "off", liveness: "Off.", peers: 0, endpoint: null, counters: {} },
    );
    this.emit("network.state", { network });
    if (!enabled) {
      for (let at = this.peers.length - 1; at >= 0; at--) {
        if (this.peers[at]?.network === network.id)
          this.emit("peer.down", { peer: this.peers.splice(at, 1)[0], reason: "switched off" });
      }
    }
  }

  // ---- time

  private tick(): void {
    for (const search of this.searches) if (search.state === "running") this.searchOn(search);
    for (const transfer of this.transfers) if (transfer.state === "active") this.transferOn(transfer);
    for (const share of this.shares) if (share.progress.state !== "idle") this.scanOn(share);
    for (const network of this.networks) {
      if (network.state === "connecting") {
        Object.assign(network, { state: "online", peers: 5 });
        this.emit("network.state", { network });
        for (const peer of samplePeers([network.id], this.random)) {
          this.peers.push(peer);
          this.emit("peer.up", { peer });
        }
      }
    }
  }

  private searchOn(search: Search): void {
    const found = this.results.get(search.id) ?? [];
    search.durationMs += TICK_MS;
    search.messages += 21;
    search.bytes += 3100;
    const isForNobody = search.notes.length > 0;
    const hits = isForNobody || search.words.includes("nothing") ? 0 : this.options.hits;
    for (let n = 0; n < HITS_PER_TICK && found.length < hits; n++) {
      const file = sampleGroup(found.length + 1, search.words, this.random);
      found.push(file);
      search.files++;
      search.hits += file.sources.length;
      this.emit("search.hit", { searchId: search.id, file });
    }
    if (isForNobody || found.length >= this.options.hits || search.durationMs > 6000) this.endSearch(search, "done");
  }

  private transferOn(transfer: Transfer): void {
    const size = transfer.size ?? 1e7;
    const rate = Math.max(20_000, Math.floor((transfer.rate || 400_000) * (0.9 + this.random() * 0.2)));
    const bytesDone = Math.min(size, transfer.bytesDone + (rate * TICK_MS) / 1000);
    if (bytesDone >= size) {
      this.setTransfer(transfer, {
        state: "done",
        reason: null,
        text: "Done: SHA-1 matches.",
        bytesDone: size,
        rate: 0,
        leftMs: null,
        verified: "sha1",
        path: `/home/demo/Downloads/servent/${transfer.name}`,
        sources: [],
      });
      return;
    }
    Object.assign(transfer, { bytesDone: Math.floor(bytesDone), rate, leftMs: ((size - bytesDone) / rate) * 1000 });
    const { id, leftMs, state, sources } = transfer;
    this.emit("transfer.progress", { id, bytesDone: transfer.bytesDone, rate, leftMs, state, sources: sources.length });
  }

  private scanOn(share: Share): void {
    const { progress } = share;
    const total = 1_900_000_000;
    if (progress.state === "scanning") {
      share.progress = { ...progress, filesFound: progress.filesFound + 41, current: `folder ${progress.filesFound}` };
      if (share.progress.filesFound > 160) share.progress = { ...share.progress, state: "hashing", bytesToHash: total };
    } else if (progress.filesHashed + 30 >= progress.filesFound) {
      Object.assign(share, {
        files: progress.filesFound,
        bytes: total,
        scannedAt: new Date().toISOString(),
        progress: { state: "idle", filesFound: 0, filesHashed: 0, bytesHashed: 0, bytesToHash: 0, current: "" },
      });
    } else {
      const filesHashed = progress.filesHashed + 30;
      share.progress = {
        ...progress,
        filesHashed,
        bytesHashed: (total * filesHashed) / progress.filesFound,
        current: `tape/side ${filesHashed}.flac`,
      };
    }
    this.emit("share.scan", { share });
  }
}

function sampleSettings(): Setting[] {
  const plain = { origin: "default", pinned: false, restart: false, restartPending: false };
  return [
    {
      ...plain,
      key: "paths.downloads",
      value: null,
      default: null,
      description: "Where finished files go. null: servent/ in your download folder.",
    },
    {
      ...plain,
      key: "http.listen",
      value: ["127.0.0.1:7390"],
      default: ["127.0.0.1:7390", "[::1]:7390"],
      origin: "config.jsonc:4",
      pinned: true,
      restart: true,
      description: "Where page and API listen. Any address but loopback needs a token first.",
    },
    { ...plain, key: "search.timeout", value: "30s", default: "30s", description: "A search ends after this time." },
    {
      ...plain,
      key: "transfers.activeDown",
      value: 12,
      default: 8,
      origin: "settings.json",
      description: "Downloads at the same time.",
    },
    {
      ...plain,
      key: "share.hidden",
      value: false,
      default: false,
      description: "Offer files and folders whose names begin with a dot.",
    },
    {
      ...plain,
      key: "network.gnutella.port",
      value: 0,
      default: 0,
      restart: true,
      restartPending: true,
      description: "Where peers reach us. 0: one chosen at random, then kept.",
    },
  ];
}
