// Keeps what the page has fetched true to the event stream. Events are gathered and applied together, so that a
// thousand changes a second cost ten updates; what an event cannot tell (order, membership, totals) is fetched again,
// never more often than the fetching itself is cheap.
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";
import { Store } from "./store.ts";
import type { FileGroup, Listed, LiveEvent, Network, Peer, Search, Share, Transfer } from "./shapes.ts";

const APPLY_EVERY_MS = 100;
const REFETCH_EVERY_MS = 2000;
/** More than this waits for nobody: the page is in the background or stuck, and fetching anew is cheaper. */
const PENDING_MAX = 20_000;

type Fields = Readonly<Record<string, unknown>>;
type Patch = Fields & { readonly id: string };
type Rows<T> = InfiniteData<Listed<T>, string | undefined>;

export class LiveCache {
  /** The last event worth telling people, for the status line. */
  readonly lastNews = new Store<LiveEvent | undefined>(undefined);
  private readonly client: QueryClient;
  private pending: LiveEvent[] = [];
  private applyTimer: number | undefined;
  private readonly stale = new Map<string, QueryKey>();
  private refetchTimer: number | undefined;

  constructor(client: QueryClient) {
    this.client = client;
  }

  readonly onEvent = (event: LiveEvent): void => {
    if (event.type === "reset" || this.pending.length >= PENDING_MAX) {
      this.pending = [];
      void this.client.invalidateQueries();
      return;
    }
    if (NEWS.has(event.type) && !isPassing(event)) this.lastNews.set(event);
    this.pending.push(event);
    this.applyTimer ??= window.setTimeout(() => this.apply(), APPLY_EVERY_MS);
  };

  /** Fetches again what the key names, soon; many calls are one fetch. */
  refetchSoon(key: QueryKey): void {
    this.stale.set(JSON.stringify(key), key);
    this.refetchTimer ??= window.setTimeout(() => {
      this.refetchTimer = undefined;
      const keys = [...this.stale.values()];
      this.stale.clear();
      for (const queryKey of keys) void this.client.invalidateQueries({ queryKey });
    }, this.refetchEveryMs());
  }

  /** Every page of every list on screen is one request. */
  private refetchEveryMs(): number {
    const lists = this.client.getQueriesData<Rows<unknown>>({ queryKey: ["transfers"], type: "active" });
    const pages = lists.reduce((sum, [, data]) => sum + (data?.pages.length ?? 0), 0);
    return REFETCH_EVERY_MS * Math.max(1, pages / 2);
  }

  private apply(): void {
    this.applyTimer = undefined;
    const events = this.pending;
    this.pending = [];
    const transfers = new Map<string, Patch>();
    const hits = new Map<string, Map<string, FileGroup>>();
    for (const event of events) {
      const [area] = event.type.split(".");
      if (area === "transfer") this.noteTransfer(event, transfers);
      else if (event.type === "search.hit") noteHit(event, hits);
      else if (area === "search") this.applySearch(event.data);
      else if (area === "network") this.applyNetwork(event.data);
      else if (area === "peer") this.applyPeer(event);
      else if (area === "share") this.applyShare(event.data);
      else if (area === "limit") this.refetchSoon(["limits"]);
      else if (area === "setting") this.refetchSoon(["settings"]);
    }
    if (transfers.size > 0) this.patchTransfers(transfers);
    for (const [searchId, files] of hits) this.patchResults(searchId, files);
  }

  // ---- transfers

  private noteTransfer(event: LiveEvent, into: Map<string, Patch>): void {
    const patch = patchOf(event.data, "transfer");
    if (patch !== undefined) into.set(patch.id, { ...into.get(patch.id), ...patch });
    if (event.type === "transfer.progress") return;
    this.refetchSoon(["transfers"]);
    this.refetchSoon(["system"]);
    if (patch !== undefined) this.refetchSoon(["why", `transfers/${patch.id}`]);
    if (event.type !== "transfer.state") this.refetchSoon(["results"]);
  }

  private patchTransfers(patches: ReadonlyMap<string, Patch>): void {
    this.client.setQueriesData<Rows<Transfer>>({ queryKey: ["transfers"] }, (data) => {
      if (data === undefined) return data;
      let changed = false;
      const pages = data.pages.map((page) => {
        if (!page.items.some(({ id }) => patches.has(id))) return page;
        changed = true;
        return { ...page, items: page.items.map((row) => patched(row, patches.get(row.id))) };
      });
      return changed ? { ...data, pages } : data;
    });
    for (const [id, patch] of patches) {
      this.client.setQueryData<Transfer>(["transfer", id], (row) => row && patched(row, patch));
    }
  }

  // ---- searches

  private applySearch(data: Fields): void {
    const patch = patchOf(data, "search");
    this.refetchSoon(["searches"]);
    if (patch === undefined) return;
    this.client.setQueryData<Listed<Search>>(
      ["searches"],
      (list) =>
        list && { ...list, items: list.items.map((row) => patched(row, row.id === patch.id ? patch : undefined)) },
    );
    // Not every hit is told; the end is the time to get the rest.
    this.refetchSoon(["results", patch.id]);
  }

  private patchResults(searchId: string, files: ReadonlyMap<string, FileGroup>): void {
    const filtered = this.client.getQueriesData({ queryKey: ["results", searchId], type: "active" });
    for (const [key] of filtered) if (key[2] !== "") this.refetchSoon(key);
    this.client.setQueryData<readonly FileGroup[]>(["results", searchId, ""], (known) => {
      if (known === undefined) return known;
      const fresh = new Map(files);
      const rows = known.map((row) => {
        const file = fresh.get(row.id);
        fresh.delete(row.id);
        return file ?? row;
      });
      return [...rows, ...fresh.values()];
    });
  }

  // ---- networks, peers, shares

  private applyNetwork(data: Fields): void {
    const patch = patchOf(data, "network");
    this.refetchSoon(["networks"]);
    this.refetchSoon(["system"]);
    if (patch === undefined) return;
    this.client.setQueryData<Listed<Network>>(
      ["networks"],
      (list) =>
        list && { ...list, items: list.items.map((row) => patched(row, row.id === patch.id ? patch : undefined)) },
    );
  }

  private applyPeer({ type, data }: LiveEvent): void {
    const patch = patchOf(data, "peer");
    this.refetchSoon(["peers"]);
    this.refetchSoon(["networks"]);
    if (patch === undefined || type !== "peer.down") return;
    this.client.setQueryData<Listed<Peer>>(
      ["peers"],
      (list) => list && { ...list, items: list.items.filter(({ id }) => id !== patch.id) },
    );
  }

  private applyShare(data: Fields): void {
    const patch = patchOf(data, "share");
    const progress = patch && scanProgress(patch);
    if (progress === undefined || progress.state === "idle") {
      this.refetchSoon(["shares"]);
      this.refetchSoon(["system"]);
      if (patch !== undefined) this.refetchSoon(["problems", patch.id]);
    }
    if (patch === undefined) return;
    const change = progress === undefined ? patch : { ...patch, progress };
    this.client.setQueryData<Listed<Share>>(
      ["shares"],
      (list) =>
        list && { ...list, items: list.items.map((row) => patched(row, row.id === patch.id ? change : undefined)) },
    );
  }
}

/** The progress of a scan: told by itself, or as a part of the share. */
export function scanProgress(patch: Fields): Share["progress"] | undefined {
  const fields = typeof patch.progress === "object" ? patch.progress : patch;
  return fields !== null && "filesFound" in fields ? (fields as Share["progress"]) : undefined;
}

/** Types of which the status line tells. */
const NEWS = new Set([
  "network.state",
  "transfer.added",
  "transfer.done",
  "transfer.failed",
  "search.done",
  "share.scan",
  "share.changed",
  "limit.changed",
]);

/** A scan tells of its progress many times; only its end is news. */
function isPassing({ type, data }: LiveEvent): boolean {
  if (type !== "share.scan") return false;
  const patch = patchOf(data, "share");
  return patch === undefined || scanProgress(patch)?.state !== "idle";
}

/** Events carry their subject whole (`{transfer: {…}}`) or only what changed of it (`{id, …}`). */
export function patchOf(data: Fields, subject: string): Patch | undefined {
  const inner = data[subject];
  const fields = typeof inner === "object" && inner !== null ? (inner as Fields) : data;
  const id = fields.id ?? data[`${subject}Id`];
  return typeof id === "string" ? { ...fields, id } : undefined;
}

/** Takes over only what the row has as well, and in the same kind: an event may name a count where the row has a list. */
function patched<T extends object>(row: T, patch: Fields | undefined): T {
  if (patch === undefined) return row;
  const known = Object.entries(patch).filter(([key, value]) => key in row && fits(key, (row as Fields)[key], value));
  return { ...row, ...Object.fromEntries(known) };
}

/** Fields of transfers, shares and networks that may have no value. */
const NULLABLE = new Set(["reason", "size", "leftMs", "verified", "path", "peer", "scannedAt", "endpoint"]);

function fits(key: string, old: unknown, value: unknown): boolean {
  if (value === undefined) return false;
  if (value === null) return NULLABLE.has(key);
  return old === null || (typeof old === typeof value && Array.isArray(old) === Array.isArray(value));
}

function noteHit({ data }: LiveEvent, into: Map<string, Map<string, FileGroup>>): void {
  const { searchId, file } = data;
  if (typeof searchId !== "string" || typeof file !== "object" || file === null) return;
  const files = into.get(searchId) ?? new Map<string, FileGroup>();
  files.set((file as FileGroup).id, file as FileGroup);
  into.set(searchId, files);
}
