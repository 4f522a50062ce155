// All transfers: what is wanted, in which order, how many at once; uploads stand in the same list. Implements the
// contract in `transfer.ts`.
import { hashesOf } from "@servent/overlay/base/urn.ts";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { ServentError } from "../base/servent-error.ts";
import type { Network, NetworkId, Source } from "../networks/network.ts";
import { type Clock, rfc3339, systemClock } from "./clock.ts";
import { Download, type DownloadHost, type DownloadSettings } from "./download.ts";
import { type FileHasher, ThreadHasher } from "./file-hasher.ts";
import { safeFileName } from "./file-name.ts";
import { RateLimit } from "./rate-limit.ts";
import { contentKeys, mayBeSame } from "./same-content.ts";
import type { Priority, TransferRequest, TransferState, TransferView, Transfers, Why, WhyAction } from "./transfer.ts";
import { TransferStore, viewOfRow } from "./transfer-store.ts";
import type { Uploads } from "./uploads.ts";

export interface TransferManagerOptions extends DownloadSettings {
  readonly db: DatabaseSync;
  /** Folder for incomplete files, ours alone. */
  readonly incomplete: string;
  /** Downloads that run at once. */
  readonly activeDown: number;
  /** Sources at work with one peer at once, over all downloads. */
  readonly perPeer: number;
  /** Limit for all downloads together; 0 is none. */
  readonly bytesPerSecond: number;
  readonly networks: (id: NetworkId) => Network | undefined;
  readonly events: (type: string, data: TransferView) => void;
  readonly uploads?: Uploads;
  /** Asks the networks who else has the file. */
  readonly find?: (request: TransferRequest, onSources: (sources: readonly Source[]) => void) => void;
  readonly clock?: Clock;
  readonly hasher?: FileHasher;
  /** Bytes that may still be written below a folder. Rejects with the system's error. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  /** Ended transfers are forgotten after so long; 0: never. */
  readonly historyMs?: number;
}

export type TransferChanges = Partial<DownloadSettings> & { readonly activeDown?: number; readonly perPeer?: number };

/** Sources at work in all: each costs a connection, and the line is full long before. */
const LANES_MAX = 32;
/** Transfers that have not ended: a bound against scripts gone wild. */
const OPEN_MAX = 10_000;
/** While something runs, and while something waits. */
const TICK_RUNNING_MS = 500;
const TICK_WAITING_MS = 1000;
/** Changes are stored together. What must not be lost is stored at once. */
const SAVE_MS = 250;
const HISTORY_MS = 90 * 24 * 3_600_000;
const ORDER: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

export class TransferManager implements Transfers {
  private readonly options: TransferManagerOptions;
  private readonly store: TransferStore;
  private readonly clock: Clock;
  private readonly hasher: FileHasher;
  private readonly host: DownloadHost;
  private readonly rate: RateLimit;
  /** All that may still go on. */
  private readonly downloads = new Map<string, Download>();
  /** All that will never change again, the latest last. */
  private readonly closed = new Map<string, TransferView>();
  /** Ids by content. */
  private readonly byContent = new Map<string, readonly string[]>();
  /** Those that run, and those that could do something now. */
  private readonly willing = new Set<Download>();
  /** When time alone may change something for them. */
  private readonly due = new Map<Download, number>();
  private lastPlace = 0;
  private readonly lanesByPeer = new Map<string, number>();
  private lanes = 0;
  private settings: DownloadSettings;
  private activeDown: number;
  private perPeer: number;
  private readonly unsaved = new Set<Download>();
  private stopSave: (() => void) | undefined = undefined;
  private stopTick: (() => void) | undefined = undefined;
  private isScheduling = false;
  private isStarted = false;

  constructor(options: TransferManagerOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.hasher = options.hasher ?? new ThreadHasher();
    this.store = new TransferStore(options.db);
    this.rate = new RateLimit(this.clock, options.bytesPerSecond);
    this.settings = settingsOf(options);
    this.activeDown = options.activeDown;
    this.perPeer = options.perPeer;
    this.host = this.makeHost();
    mkdirSync(options.incomplete, { recursive: true, mode: 0o700 });
    this.load();
  }

  /** Transfers that were under way go on. */
  start(): void {
    this.isStarted = true;
    this.schedule();
  }

  /** All bytes so far are on disk, and the next start goes on from there. */
  async close(): Promise<void> {
    this.isStarted = false;
    this.stopTick?.();
    this.stopTick = undefined;
    await Promise.all(Array.from(this.downloads.values(), (download) => download.close()));
    this.flush();
    if (this.options.hasher === undefined) this.hasher.stop();
  }

  // --- settings

  setRate(bytesPerSecond: number): void {
    this.rate.setRate(bytesPerSecond);
  }

  /** Counts from now on, for those that run too. */
  configure(changes: TransferChanges): void {
    this.settings = settingsOf({ ...this.settings, ...changes });
    this.activeDown = changes.activeDown ?? this.activeDown;
    this.perPeer = changes.perPeer ?? this.perPeer;
    this.schedule();
  }

  /** A network came up, or our address changed. */
  networkChanged(): void {
    for (const download of this.downloads.values()) if (!download.isEnded) download.networkChanged();
  }

  // --- Transfers

  add(request: TransferRequest): { readonly transfer: TransferView; readonly created: boolean } {
    const { sha1, tiger } = hashesOf(request.urns);
    if (sha1 === undefined && tiger === undefined && request.sources.length === 0) {
      throw new ServentError(
        "invalid_value",
        "There is neither a hash nor a source to get this file by.",
        "Search for it first.",
      );
    }
    if (request.size !== undefined && !(Number.isSafeInteger(request.size) && request.size >= 0)) {
      throw new ServentError("invalid_value", `${request.size} is not a size in bytes.`, "Leave the size out.");
    }
    const name = safeFileName(request.name);
    const known = this.wanted({ ...request, name });
    if (known !== undefined) {
      this.downloads.get(known)?.addSources(request.sources);
      return { transfer: this.view(known), created: false };
    }
    if (this.downloads.size >= OPEN_MAX) {
      throw new ServentError("too_many", `${OPEN_MAX} transfers are waiting already.`, "Cancel some of them.");
    }
    const now = this.clock.now();
    const download = new Download(this.host, {
      row: {
        id: `t_${base32Encode(randomBytes(10)).toLowerCase()}`,
        name,
        size: request.size ?? request.sources.find((source) => source.size > 0)?.size,
        urns: request.urns,
        to: request.to,
        priority: request.priority ?? "normal",
        place: this.lastPlace + 1,
        state: "queued",
        reason: "limit",
        text: "",
        bytesDone: 0,
        verified: null,
        path: undefined,
        addedAt: now,
        changedAt: now,
      },
      sources: [],
      facts: [{ at: rfc3339(now), text: "Added.", code: "added" }],
    });
    download.addSources(request.sources);
    this.open(download);
    this.save(download, "now");
    this.options.events("transfer.added", download.view());
    this.onChanged(download);
    return { transfer: download.view(), created: true };
  }

  addSources(id: string, sources: readonly Source[]): void {
    this.find(id).addSources(sources);
  }

  /** Downloads in the order of the queue, uploads, then what has ended, the latest first and without its sources. */
  list(): readonly TransferView[] {
    const open = this.inOrder().map((download) => download.view());
    return [...open, ...(this.options.uploads?.views() ?? []), ...[...this.closed.values()].toReversed()];
  }

  view(id: string): TransferView {
    const known = this.options.uploads?.view(id) ?? this.downloads.get(id)?.view();
    if (known !== undefined) return known;
    const stored = this.closed.has(id) ? this.store.loadOne(id) : undefined;
    return stored === undefined ? this.find(id).view() : new Download(this.host, stored).view();
  }

  /** The transfer that gets, or got, this content; undefined: none does. */
  idOf(urns: readonly string[]): string | undefined {
    return this.wanted({ urns, name: "", size: undefined });
  }

  why(id: string): Why {
    const upload = this.options.uploads?.view(id);
    if (upload !== undefined) {
      const facts = [{ at: upload.changedAt, text: upload.text, code: upload.state }];
      return {
        state: upload.state,
        since: upload.changedAt,
        facts,
        actions: upload.state === "active" ? [cancelAction(id)] : [],
      };
    }
    const { state, changedAt } = this.view(id);
    const facts = this.downloads.get(id)?.history ?? this.store.loadOne(id)?.facts ?? [];
    return { state, since: changedAt, facts: [...facts], actions: actionsFor(id, state) };
  }

  pause(id: string): void {
    this.find(id).pause();
  }

  resume(id: string): void {
    this.find(id).resume();
  }

  retry(id: string): void {
    this.find(id).retry();
  }

  cancel(id: string): void {
    if (this.options.uploads?.view(id) === undefined) this.find(id).cancel();
    else if (!this.options.uploads.cancel(id)) {
      throw new ServentError("conflict", "This upload has ended already.", "Remove it from the list instead.");
    }
  }

  remove(id: string): void {
    if (this.options.uploads?.remove(id) === true) return;
    const download = this.downloads.get(id);
    if (download !== undefined && !download.isEnded) {
      throw new ServentError("conflict", "Only a transfer that has ended can be removed.", "Cancel it first.");
    }
    const { urns, name, size } = this.view(id);
    for (const key of contentKeys({ urns, name, size })) {
      const others = (this.byContent.get(key) ?? []).filter((each) => each !== id);
      if (others.length === 0) this.byContent.delete(key);
      else this.byContent.set(key, others);
    }
    if (download !== undefined) {
      this.dropOpen(download);
      if (download.state === "failed") download.discard();
    }
    this.closed.delete(id);
    this.store.remove(id);
  }

  move(id: string, where: "first" | "last" | "up" | "down"): void {
    const download = this.find(id);
    const open = this.inOrder();
    const at = open.indexOf(download);
    const to = { first: 0, last: open.length - 1, up: at - 1, down: at + 1 }[where];
    const target = open[Math.max(0, Math.min(open.length - 1, to))];
    if (target === undefined || target === download) return;
    // Between the target and whoever stands on its other side.
    const beyond = to < at ? open[open.indexOf(target) - 1] : open[open.indexOf(target) + 1];
    const step = to < at ? -1 : 1;
    download.place = beyond === undefined ? target.place + step : (target.place + beyond.place) / 2;
    this.lastPlace = Math.max(this.lastPlace, download.place);
    this.save(download, "now");
    this.schedule();
  }

  setPriority(id: string, priority: Priority): void {
    this.find(id).setPriority(priority);
  }

  /** All downloads together, bytes per second. */
  get bytesPerSecond(): number {
    let sum = 0;
    for (const download of this.willing) if (download.isRunning) sum += download.bytesPerSecond;
    return sum;
  }

  // --- who runs

  /** The id of what gets, or got and still has, the same content. */
  private wanted(content: Pick<TransferRequest, "urns" | "name" | "size">): string | undefined {
    let had: string | undefined;
    for (const key of contentKeys(content)) {
      for (const id of this.byContent.get(key) ?? []) {
        const download = this.downloads.get(id);
        const view = this.closed.get(id);
        if (!mayBeSame(content.urns, download?.urns ?? view?.urns ?? [])) continue;
        if (download !== undefined && download.state !== "cancelled") return id;
        if (view?.state === "done" && view.path !== null && existsSync(view.path)) had = id;
      }
    }
    return had;
  }

  private inOrder(): Download[] {
    return [...this.downloads.values()].sort((a, b) => a.place - b.place);
  }

  private onChanged(download: Download): void {
    if (this.downloads.get(download.id) !== download) return;
    if (download.isClosed) {
      this.save(download, "now");
      this.dropOpen(download);
      this.closed.set(download.id, viewOfRow(download.row));
    } else {
      if (download.isRunning || download.wantsToRun) this.willing.add(download);
      else this.willing.delete(download);
      this.due.set(download, download.dueAt);
    }
    this.schedule();
  }

  /** Coalesced: one change often brings several more. */
  private schedule(): void {
    if (this.isScheduling || !this.isStarted) return;
    this.isScheduling = true;
    queueMicrotask(() => {
      this.isScheduling = false;
      if (this.isStarted) this.runNext();
    });
  }

  private runNext(): void {
    const running: Download[] = [];
    const waiting: Download[] = [];
    for (const download of this.willing) (download.isRunning ? running : waiting).push(download);
    for (const download of running) download.run();
    for (let free = this.activeDown - running.length; free > 0 && waiting.length > 0; free--) {
      // Thousands may wait and few are free, so the first is found rather than all of them sorted.
      const first = waiting.reduce((a, b) => (isBefore(b, a) ? b : a));
      waiting.splice(waiting.indexOf(first), 1);
      first.run();
    }
    this.armTick();
  }

  private armTick(): void {
    if (this.stopTick !== undefined || this.downloads.size === 0) return;
    let isRunning = false;
    for (const download of this.willing) isRunning ||= download.isRunning;
    this.stopTick = this.clock.after(isRunning ? TICK_RUNNING_MS : TICK_WAITING_MS, () => {
      this.stopTick = undefined;
      const now = this.clock.now();
      for (const [download, due] of this.due) if (due <= now) download.tick();
      this.runNext();
    });
  }

  private makeHost(): DownloadHost {
    const { options } = this;
    return {
      clock: this.clock,
      hasher: this.hasher,
      rate: this.rate,
      incomplete: options.incomplete,
      settings: () => this.settings,
      network: (id) => options.networks(id),
      takeLane: (peer) => this.takeLane(peer),
      leaveLane: (peer) => this.leaveLane(peer),
      freeBytes: options.freeBytes ?? freeBytes,
      find: (request, onSources) => options.find?.(request, onSources),
      save: (download, when) => this.save(download, when),
      emit: (type, download) => {
        if (this.downloads.get(download.id) === download) options.events(type, download.view());
      },
      changed: (download) => this.onChanged(download),
    };
  }

  private takeLane(peer: string): boolean {
    const mine = this.lanesByPeer.get(peer) ?? 0;
    if (mine >= this.perPeer || this.lanes >= LANES_MAX) return false;
    this.lanesByPeer.set(peer, mine + 1);
    this.lanes++;
    return true;
  }

  private leaveLane(peer: string): void {
    const left = (this.lanesByPeer.get(peer) ?? 1) - 1;
    if (left === 0) this.lanesByPeer.delete(peer);
    else this.lanesByPeer.set(peer, left);
    this.lanes--;
    this.schedule();
  }

  // --- storing

  private load(): void {
    const { historyMs = HISTORY_MS } = this.options;
    const oldest = historyMs > 0 ? this.clock.now() - historyMs : 0;
    for (const row of this.store.loadClosed(oldest)) {
      this.closed.set(row.id, viewOfRow(row));
      this.index(row.id, row);
    }
    for (const stored of this.store.loadOpen()) this.open(new Download(this.host, stored));
  }

  private open(download: Download): void {
    this.downloads.set(download.id, download);
    this.lastPlace = Math.max(this.lastPlace, download.place);
    this.index(download.id, download.row);
    this.onChanged(download);
  }

  private index(id: string, content: Pick<TransferRequest, "urns" | "name" | "size">): void {
    for (const key of contentKeys(content)) {
      this.byContent.set(key, [...(this.byContent.get(key) ?? []), id]);
    }
  }

  private dropOpen(download: Download): void {
    this.downloads.delete(download.id);
    this.willing.delete(download);
    this.due.delete(download);
    this.unsaved.delete(download);
  }

  private save(download: Download, when: "now" | "soon"): void {
    // One that is being removed ends its work a little later.
    if (this.downloads.get(download.id) !== download) return;
    this.unsaved.add(download);
    if (when === "now") this.flush();
    else this.stopSave ??= this.clock.after(SAVE_MS, () => this.flush());
  }

  private flush(): void {
    this.stopSave?.();
    this.stopSave = undefined;
    const unsaved = [...this.unsaved];
    this.unsaved.clear();
    this.store.saveAll(
      unsaved.map((download) => ({ row: download.row, sources: download.sourceRows, facts: download.history })),
    );
  }

  private find(id: string): Download {
    const download = this.downloads.get(id);
    if (download !== undefined) return download;
    const ended = this.closed.get(id);
    if (ended !== undefined) {
      const hint = "Add the file again to get it once more.";
      throw new ServentError("conflict", `This transfer is ${ended.state}, and that is final.`, hint);
    }
    throw new ServentError("not_found", `There is no transfer ${id}.`, "List them with `servent transfers ls`.");
  }
}

function isBefore(a: Download, b: Download): boolean {
  return a.priority === b.priority ? a.place < b.place : ORDER[a.priority] < ORDER[b.priority];
}

function settingsOf({ downloads, retry, stallMs, reserveDisk, onConflict }: DownloadSettings): DownloadSettings {
  return { downloads, retry, stallMs, reserveDisk, onConflict };
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function actionsFor(id: string, state: TransferState): readonly WhyAction[] {
  const post = (label: string, act: string) => ({ label, method: "POST", href: `/api/v1/transfers/${id}/${act}` });
  if (state === "done" || state === "cancelled") {
    return [{ label: "Remove from the list", method: "DELETE", href: `/api/v1/transfers/${id}` }];
  }
  if (state === "paused") return [post("Go on", "resume"), cancelAction(id)];
  const actions = [post("Try again now", "retry"), cancelAction(id)];
  return state === "failed" ? actions : [...actions, post("Pause", "pause")];
}

function cancelAction(id: string): WhyAction {
  return { label: "Cancel", method: "POST", href: `/api/v1/transfers/${id}/cancel` };
}
