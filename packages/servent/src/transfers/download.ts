// One file that is wanted. It goes on by itself to the end, through restarts, lost peers and full disks, and can always
// say what it waits for.
import { hashesOf, type ContentHashes } from "@servent/overlay/base/urn.ts";
import { assert } from "@servent/overlay/base/assert.ts";
import { ServentError } from "../base/servent-error.ts";
import { type Source, SourceError } from "../networks/network.ts";
import { rfc3339 } from "./clock.ts";
import { Crew, type CrewHost } from "./crew.ts";
import type { FileHasher } from "./file-hasher.ts";
import { finishFile } from "./final-file.ts";
import { Inspection } from "./inspection.ts";
import { PartFile } from "./part-file.ts";
import { PieceMap } from "./piece-map.ts";
import { type RetryPolicy, SourceState } from "./source-state.ts";
import { mayBeSame } from "./same-content.ts";
import type { Priority, TransferReason, TransferRequest, TransferState, TransferView, WhyFact } from "./transfer.ts";
import { type DownloadRow, type SourceRow, type StoredDownload, viewOfRow } from "./transfer-store.ts";
import {
  type Condition,
  type Obstacle,
  active,
  allLied,
  diskFull,
  done,
  finding,
  obstacleOf,
  waiting,
} from "./transfer-text.ts";

/** Sources known per file: a piece remembers its giver in one byte, and more would not make it faster. */
const SOURCES_MAX = 250;
/** What a transfer remembers of its own history. */
const FACTS_MAX = 50;
/** First pause before the networks are asked for sources again, and the longest. */
const FIND_MS = 5 * 60_000;
const FIND_MS_MAX = 4 * 3_600_000;
/** How often room on the disk is looked at, and bytes are forced to it. */
const HOUSEKEEPING_MS = 5000;
const PROGRESS_MS = 500;

export interface DownloadSettings {
  /** Folder for finished files of which the request names none. */
  readonly downloads: string;
  readonly retry: RetryPolicy;
  /** A source that gives nothing for so long counts as gone. */
  readonly stallMs: number;
  /** Bytes to leave free on the disk. */
  readonly reserveDisk: number;
  /** A file of that name is there already: take another name, or wait for the user. */
  readonly onConflict: "rename" | "skip";
}

/** What a download needs of its manager. */
export interface DownloadHost extends CrewHost {
  readonly incomplete: string;
  readonly hasher: FileHasher;
  /** As they are now. */
  settings(): DownloadSettings;
  freeBytes(folder: string): Promise<number>;
  find(request: TransferRequest, onSources: (sources: readonly Source[]) => void): void;
  /** `soon`: with the next batch. `now`: it is stored when this returns. */
  save(download: Download, when: "now" | "soon"): void;
  emit(type: string, download: Download): void;
  /** Who may run has to be looked at again. Called often; acts later. */
  changed(download: Download): void;
}

type Ended = Condition & readonly ["done" | "failed" | "cancelled", unknown, unknown];

export class Download {
  readonly id: string;
  readonly name: string;
  readonly urns: readonly string[];
  readonly to: string | undefined;
  readonly addedAt: number;
  priority: Priority;
  /** Place in the queue; lower comes first. */
  place: number;
  state: TransferState;
  reason: TransferReason | null;
  /** The manager lets it run. */
  isRunning = false;
  private readonly host: DownloadHost;
  private readonly hashes: ContentHashes;
  private readonly sources: SourceState[] = [];
  private readonly facts: WhyFact[];
  private readonly crew: Crew;
  private text: string;
  private changedAt: number;
  private size: number | undefined;
  private path: string | undefined;
  private verified: TransferView["verified"];
  private storedBytes: number;
  private obstacle: Obstacle | undefined = undefined;
  private ended: Ended | undefined = undefined;
  private map: PieceMap | undefined = undefined;
  private part: PartFile | undefined = undefined;
  private inspection: Inspection | undefined = undefined;
  /** Opening, closing and finishing, one after the other. */
  private work: Promise<void> = Promise.resolve();
  private isWorking = false;
  private probing: AbortController | undefined = undefined;
  private findAt = 0;
  private findPauseMs = FIND_MS;
  private housekeptAt: number;
  private idleSince: number;
  private toldAt = 0;
  private toldBytes = 0;

  constructor(host: DownloadHost, { row, sources, facts }: StoredDownload) {
    const now = host.clock.now();
    this.host = host;
    this.id = row.id;
    this.name = row.name;
    this.size = row.size;
    this.urns = row.urns;
    this.hashes = hashesOf(row.urns);
    this.to = row.to;
    this.priority = row.priority;
    this.place = row.place;
    this.addedAt = row.addedAt;
    this.changedAt = row.changedAt;
    this.path = row.path;
    this.verified = row.verified;
    this.storedBytes = row.bytesDone;
    this.state = row.state;
    this.reason = row.reason;
    this.text = row.text;
    this.facts = [...facts];
    this.housekeptAt = now;
    this.idleSince = now;
    for (const stored of sources) this.sources.push(restored(stored, host));
    if (row.state === "done" || row.state === "failed" || row.state === "cancelled") {
      this.ended = [row.state, row.reason, row.text];
    } else if (row.state === "paused") this.obstacle = { reason: row.reason ?? "user", text: row.text };
    this.crew = new Crew(host, this.id, this.sources, {
      piece: (piece) => this.inspection?.written(piece),
      bytes: (source) => this.inspection?.wantTree(source, host.network(source.source.network)),
      left: (source, error) => this.onLeft(source, error),
    });
    // What it was doing when it was stored it does not do now.
    [this.state, this.reason, this.text] = this.condition();
  }

  // --- what others see

  get isEnded(): boolean {
    return this.ended !== undefined;
  }

  /** Done or cancelled, and nothing is at work for it any more: it will never change again. */
  get isClosed(): boolean {
    return this.ended !== undefined && this.ended[0] !== "failed" && !this.isWorking;
  }

  /** As things are now, `tick` would find nothing to do before this time. */
  get dueAt(): number {
    if (this.isRunning) return 0;
    if (this.ended !== undefined) return Number.POSITIVE_INFINITY;
    if (this.obstacle !== undefined) {
      return this.obstacle.reason === "disk_full" ? this.housekeptAt + HOUSEKEEPING_MS : Number.POSITIVE_INFINITY;
    }
    const now = this.host.clock.now();
    let due = Math.max(this.findAt, this.idleSince + this.host.settings().stallMs);
    let hasSource = false;
    for (const source of this.sources) {
      if (source.dropped !== undefined) continue;
      hasSource = true;
      if (source.retryAt > now) due = Math.min(due, source.retryAt);
    }
    return hasSource ? due : this.findAt;
  }

  get bytesPerSecond(): number {
    return this.crew.bytesPerSecond;
  }

  get bytesDone(): number {
    if (this.state === "done") return this.size ?? this.storedBytes;
    return this.map?.bytesDone ?? this.storedBytes;
  }

  /** There is something that it could do now. */
  get wantsToRun(): boolean {
    if (this.ended !== undefined || this.obstacle !== undefined || this.isWorking) return false;
    return this.isRunning || this.isWhole || this.crew.hasReady(this.inspection?.onlySource);
  }

  get request(): TransferRequest {
    const { name, size, urns, priority } = this;
    return { name, size, urns, priority, sources: this.sources.map(({ source }) => source) };
  }

  /** As it is to be stored. */
  get row(): DownloadRow {
    return {
      id: this.id,
      name: this.name,
      size: this.size,
      urns: this.urns,
      to: this.to,
      priority: this.priority,
      place: this.place,
      state: this.state,
      reason: this.reason,
      text: this.text,
      bytesDone: this.bytesDone,
      verified: this.verified,
      path: this.path,
      addedAt: this.addedAt,
      changedAt: this.changedAt,
    };
  }

  get sourceRows(): readonly SourceRow[] {
    return this.sources.map(({ number, source, bytes, dropped }) => {
      return { number, source, bytes, dropped: dropped?.text ?? "", isLiar: dropped?.isLiar ?? false };
    });
  }

  /** Newest last. */
  get history(): readonly WhyFact[] {
    return this.facts;
  }

  view(): TransferView {
    const { bytesDone, size, bytesPerSecond: rate } = this;
    return {
      ...viewOfRow(this.row),
      rate,
      leftMs: rate > 0 && size !== undefined ? Math.round(((size - bytesDone) / rate) * 1000) : null,
      sources: this.sources.map((source) => source.view()),
    };
  }

  // --- commands

  /** Those that offer something else are left out; those known already are asked again at once. */
  addSources(sources: readonly Source[]): void {
    let hopes = 0;
    for (const source of sources) {
      if (!this.mayHaveIt(source)) continue;
      const known = this.sources.find((each) => each.source.key === source.key);
      if (known !== undefined) {
        if (known.dropped !== undefined || known.phase !== "idle" || known.isReady) continue;
        known.revive();
      } else {
        if (this.sources.length >= SOURCES_MAX) break;
        this.sources.push(new SourceState(source, this.sources.length + 1, this.host.clock));
        this.note("source_added", `${source.peer} offers the file (${source.network}).`);
      }
      hopes++;
    }
    if (hopes === 0) return;
    this.findPauseMs = FIND_MS;
    if (this.ended?.[0] === "failed") this.ended = undefined;
    this.changed();
  }

  /** Throws ServentError `conflict` when it has ended. */
  pause(): void {
    this.assertOpen("paused");
    this.obstacle = { reason: "user", text: "Paused by you." };
    this.stop();
    this.changed();
  }

  /** Throws ServentError `conflict` when it has ended. */
  resume(): void {
    this.assertOpen("resumed");
    this.obstacle = undefined;
    this.changed();
  }

  /** Asks all sources again at once, also dropped ones. Throws ServentError `conflict` when it is done or cancelled. */
  retry(): void {
    if (this.ended?.[0] !== "failed") this.assertOpen("retried");
    this.ended = undefined;
    this.obstacle = undefined;
    for (const source of this.sources) if (source.phase === "idle") source.revive();
    this.findAt = 0;
    this.findPauseMs = FIND_MS;
    this.note("retry", "Trying again, as you asked.");
    this.changed();
  }

  /** Throws ServentError `conflict` when it is done or cancelled. */
  cancel(): void {
    if (this.ended?.[0] !== "failed") this.assertOpen("cancelled");
    this.end(["cancelled", "user", "Cancelled by you; what had come is deleted."]);
    this.discard();
  }

  /** Deletes what is left of it on disk, except the finished file. */
  discard(): void {
    this.stop();
    this.enqueue(async () => {
      this.forgetContent();
      PartFile.remove(this.host.incomplete, this.id);
    });
  }

  setPriority(priority: Priority): void {
    this.priority = priority;
    this.changed();
  }

  /** A network came up, or our address changed: what failed for that is tried again. */
  networkChanged(): void {
    for (const source of this.sources) {
      const { problem, dropped, phase } = source;
      const isHopeful = problem === "network_off" || problem === "peer_gone" || problem === "timeout";
      if (isHopeful && dropped === undefined && phase === "idle") source.revive();
    }
    this.changed();
  }

  /** Runs, or goes on running with whoever is free now. */
  run(): void {
    assert(this.ended === undefined && this.obstacle === undefined, "only an open transfer runs");
    if (this.isRunning) {
      this.fill();
      return;
    }
    this.isRunning = true;
    this.enqueue(() => this.begin());
    this.settle();
  }

  /** Time passes: about twice a second while it runs, else when it is due. */
  tick(): void {
    if (this.ended !== undefined) return;
    const now = this.host.clock.now();
    this.crew.mindSilence(this.host.settings().stallMs);
    if (now - this.housekeptAt >= HOUSEKEEPING_MS) {
      this.housekeptAt = now;
      this.housekeep().catch((error: unknown) => this.onSystemError(error));
    }
    this.findMore(now);
    if (this.crew.size > 0 && now - this.toldAt >= PROGRESS_MS && this.bytesDone !== this.toldBytes) {
      this.toldAt = now;
      this.toldBytes = this.bytesDone;
      this.host.emit("transfer.progress", this);
    }
    this.settle();
    this.host.changed(this);
  }

  /** Stops where the next start goes on; resolves when all is written and closed. */
  async close(): Promise<void> {
    this.stop();
    await this.work;
    this.host.save(this, "soon");
  }

  // --- opening and closing

  private enqueue(step: () => Promise<void>): void {
    this.isWorking = true;
    const mine = this.work.then(step).catch((error: unknown) => this.onSystemError(error));
    this.work = mine;
    void mine.then(() => {
      if (this.work !== mine) return;
      this.isWorking = false;
      this.changed();
    });
  }

  private get mayRun(): boolean {
    return this.isRunning && this.ended === undefined && this.obstacle === undefined;
  }

  private async begin(): Promise<void> {
    if (!this.mayRun) return;
    if (this.verified !== null) return this.finish();
    if (this.size === undefined) await this.probe();
    if (!this.mayRun) return;
    if (this.size === undefined) {
      this.isRunning = false;
      return;
    }
    if (!(await this.hasRoom(this.needed)) || !this.mayRun) return;
    this.open(this.size);
    this.fill();
  }

  private open(size: number): void {
    if (this.part !== undefined && !this.part.open()) {
      this.note("file_changed", "Somebody changed the incomplete file: looking anew at what is there.");
      this.part.close();
      this.part = undefined;
    }
    if (this.part === undefined) {
      this.host.hasher.forget(this.id);
      this.map = new PieceMap(size);
      this.part = new PartFile(this.host.incomplete, this.id, this.map);
      this.part.open();
      this.inspection = this.inspect(this.map, this.part);
    }
    this.inspection?.start(this.part.fd);
  }

  private inspect(map: PieceMap, part: PartFile): Inspection {
    const { hasher, clock } = this.host;
    return new Inspection(hasher, this.id, map, this.sources, this.hashes, clock, {
      note: (code, text) => this.note(code, text),
      reset: (pieces) => {
        if (part.isOpen) for (const piece of pieces) part.list(piece);
      },
      dropped: (source) => void this.crew.stop(source),
      right: (verified) => this.enqueue(() => this.conclude(verified)),
      changed: () => {
        this.failIfAllLied();
        this.fill();
        this.changed();
      },
      unreadable: (error) =>
        this.hinder({ reason: "permission", text: `The incomplete file cannot be read: ${error.message}.` }),
    });
  }

  /** Breaks off all work and closes the file. */
  private stop(): void {
    this.isRunning = false;
    this.probing?.abort();
    const stopped = this.crew.stop();
    this.enqueue(async () => {
      await stopped;
      await this.closeFile();
    });
  }

  private async closeFile(): Promise<void> {
    await this.inspection?.stop();
    if (this.part?.isOpen !== true) return;
    try {
      await this.part.sync();
    } finally {
      this.part.close();
      this.storedBytes = this.map?.bytesDone ?? this.storedBytes;
    }
  }

  private forgetContent(): void {
    this.host.hasher.forget(this.id);
    this.map = undefined;
    this.part = undefined;
    this.inspection = undefined;
  }

  // --- sources

  private fill(): void {
    const { map, part, inspection } = this;
    if (!this.mayRun || map === undefined || inspection === undefined || part?.isOpen !== true || map.isComplete)
      return;
    this.crew.employ({ map, part, unitBytes: inspection.unitBytes, only: inspection.onlySource });
    this.settle();
  }

  private onLeft(source: SourceState, error: unknown): void {
    const { clock } = this.host;
    if (error === undefined) source.succeed();
    else this.onSourceError(source, error, this.crew.size === 0);
    if (this.crew.size > 0) return this.changed();
    this.idleSince = clock.now();
    this.fill();
    // Nobody can be asked now: the place is for others, and so are the open files.
    if (this.crew.size === 0 && this.isRunning && !this.isWhole && !this.crew.hasReady(this.inspection?.onlySource))
      this.stop();
    this.changed();
  }

  /**
   * Asking a source, or writing what it gave, broke off. What is not the disk's fault is held against the source, an error
   * of our own too: a source that is asked again at once would only bring the same error, for ever.
   */
  private onSourceError(source: SourceState, error: unknown, isAlone: boolean): void {
    const isSources = error instanceof SourceError;
    const obstacle = isSources ? undefined : obstacleOf(error, this.host.incomplete, this.needed);
    if (obstacle !== undefined) {
      source.phase = "idle";
      this.hinder(obstacle);
      return;
    }
    const failure = isSources
      ? error
      : new SourceError("protocol", `Asking it failed: ${String(error)}.`, { cause: error });
    source.fail(failure, this.host.settings().retry, isAlone);
    this.note(failure.problem, `${source.source.peer}: ${failure.message}`);
  }

  /** Learns the size of a file of which only a hash is known. */
  private async probe(): Promise<void> {
    const known = this.sources.find(({ source, dropped }) => dropped === undefined && source.size > 0);
    if (known !== undefined) {
      this.size = known.source.size;
      return;
    }
    const source = this.sources.find((each) => each.isReady);
    if (source === undefined) return;
    const probing = new AbortController();
    this.probing = probing;
    source.phase = "connecting";
    this.settle();
    const stopTimer = this.host.clock.after(this.host.settings().stallMs, () => probing.abort());
    try {
      const network = this.host.network(source.source.network);
      if (network === undefined) throw new SourceError("network_off", `The network ${source.source.network} is off.`);
      const stream = await network.open(source.source, { start: 0, end: Number.MAX_SAFE_INTEGER }, probing.signal);
      this.size = stream.total;
      source.succeed();
    } catch (error) {
      this.onSourceError(source, error, true);
    } finally {
      stopTimer();
      // Only the size was wanted.
      probing.abort();
      this.probing = undefined;
    }
  }

  private mayHaveIt(source: Source): boolean {
    const isOtherSize = this.size !== undefined && source.size > 0 && source.size !== this.size;
    return !isOtherSize && mayBeSame(source.urns, this.urns) && this.isAlike(source);
  }

  /** Where no hash will ever tell whose bytes are right, sources may only be mixed where their network takes them for one file. */
  private isAlike(source: Source): boolean {
    const [first] = this.sources;
    if (first === undefined || this.hashes.sha1 !== undefined || this.hashes.tiger !== undefined) return true;
    return source.likeness === first.source.likeness;
  }

  private findMore(now: number): void {
    const hasSource = this.sources.some((source) => source.dropped === undefined);
    const isStuck = this.crew.size === 0 && !this.isWhole && now - this.idleSince >= this.host.settings().stallMs;
    if (this.obstacle !== undefined || now < this.findAt || (hasSource && !isStuck)) return;
    this.findAt = now + this.findPauseMs;
    this.findPauseMs = Math.min(2 * this.findPauseMs, FIND_MS_MAX);
    this.note("asked", "Asked the networks for more sources.");
    this.host.find(this.request, (sources) => this.addSources(sources));
  }

  // --- the end

  /** All bytes are here. */
  private get isWhole(): boolean {
    return this.verified !== null || this.size === 0 || (this.map?.isComplete ?? false);
  }

  private async conclude(verified: "sha1" | "tiger" | "none"): Promise<void> {
    if (!this.mayRun) return;
    await this.closeFile();
    this.verified = verified;
    const by = verified === "sha1" ? "SHA-1" : "Tiger root";
    this.note(
      "verified",
      verified === "none" ? "No hash is known to check it by." : `The whole file has the right ${by}.`,
    );
    this.host.save(this, "now");
    await this.finish();
  }

  /** The bytes are right and on disk; now the file gets its name. */
  private async finish(): Promise<void> {
    const { incomplete } = this.host;
    const { downloads, onConflict } = this.host.settings();
    const folder = this.to ?? downloads;
    try {
      this.path = await finishFile({
        part: new PartFile(incomplete, this.id, new PieceMap(0)).path,
        folder,
        name: this.name,
        onConflict,
        chosen: this.path,
        choose: (path) => {
          this.path = path;
          this.host.save(this, "now");
        },
      });
    } catch (error) {
      const obstacle = obstacleOf(error, folder, this.size ?? 0);
      if (obstacle === undefined) throw error;
      return this.hinder(obstacle);
    }
    PartFile.remove(incomplete, this.id);
    this.forgetContent();
    this.end(["done", null, done(this.path, this.verified)]);
  }

  /** Everybody lied: that is an end, until another source is found or the user wants one more try. */
  private failIfAllLied(): void {
    const { sources, inspection } = this;
    if (this.isWhole || sources.length === 0 || sources.some((source) => source.dropped === undefined)) return;
    if (!sources.some((source) => source.dropped?.isLiar === true) || inspection?.forgiveSomebody() === true) return;
    this.end(["failed", "hash_mismatch", allLied(sources)]);
    this.stop();
    this.findAt = 0;
    this.findMore(this.host.clock.now());
  }

  private end(ended: Ended): void {
    this.ended = ended;
    this.isRunning = false;
    this.changed();
  }

  // --- disk

  /** Bytes that the incomplete file will still take, and those to leave free. */
  private get needed(): number {
    return (this.size ?? 0) - this.bytesDone + this.host.settings().reserveDisk;
  }

  /** Answers false, and pauses, where the disk has less room than this. */
  private async hasRoom(needed: number): Promise<boolean> {
    const { incomplete } = this.host;
    const missing = needed - (await this.host.freeBytes(incomplete));
    if (missing > 0) this.hinder(diskFull(incomplete, needed, missing));
    return missing <= 0;
  }

  private async housekeep(): Promise<void> {
    const { obstacle, host } = this;
    if (obstacle?.reason === "disk_full" && !this.isWorking) {
      const { folder = host.incomplete, needed = this.needed } = obstacle;
      if ((await host.freeBytes(folder)) < needed || this.obstacle !== obstacle) return;
      this.note("disk_room", "There is room on the disk again.");
      this.resume();
      return;
    }
    this.inspection?.mindIsolated();
    if (this.crew.size === 0 || !(await this.hasRoom(host.settings().reserveDisk)) || this.isWorking) return;
    await this.part?.sync();
    host.save(this, "soon");
  }

  private onSystemError(error: unknown): void {
    const obstacle = obstacleOf(error, this.host.incomplete, this.needed);
    if (obstacle === undefined) throw error;
    this.hinder(obstacle);
  }

  private hinder(obstacle: Obstacle): void {
    if (this.ended !== undefined || this.obstacle !== undefined) return;
    this.obstacle = obstacle;
    this.stop();
    this.changed();
  }

  // --- state

  private assertOpen(wish: string): void {
    if (this.ended === undefined) return;
    const [state] = this.ended;
    throw new ServentError(
      "conflict",
      `A transfer that is ${state} cannot be ${wish}.`,
      "Add the file again to get it once more.",
    );
  }

  private note(code: string, text: string): void {
    const last = this.facts.at(-1);
    if (last?.code === code && last.text === text) this.facts.pop();
    this.facts.push({ at: rfc3339(this.host.clock.now()), text, code });
    if (this.facts.length > FACTS_MAX) this.facts.shift();
  }

  private changed(): void {
    this.settle();
    this.host.save(this, "soon");
    this.host.changed(this);
  }

  /** Works out state, reason and text from what is; tells when state or reason are new. */
  private settle(): void {
    const [state, reason, text] = this.condition();
    const isSame = state === this.state && reason === this.reason;
    if (text !== this.text || !isSame) this.changedAt = this.host.clock.now();
    this.state = state;
    this.reason = reason;
    this.text = text;
    if (isSame) return;
    this.note(reason === null ? state : `${state}_${reason}`, text);
    this.host.save(this, this.ended === undefined ? "soon" : "now");
    this.host.emit(state === "done" || state === "failed" ? `transfer.${state}` : "transfer.state", this);
  }

  private condition(): Condition {
    if (this.ended !== undefined) return this.ended;
    if (this.obstacle !== undefined) return ["paused", this.obstacle.reason, this.obstacle.text];
    if (this.isRunning && this.isWhole) return ["checking", null, "All of it is here; checking it."];
    if (this.crew.size > 0) return ["active", null, active(this.crew.atWork)];
    if (this.probing !== undefined) return ["active", null, "Asking a source how large the file is."];
    const live = this.sources.filter((source) => source.dropped === undefined);
    if (live.length === 0 && !this.isWhole) return ["finding", "no_sources", finding(this.sources)];
    if (this.isRunning) return ["queued", "limit", "Starting."];
    if (this.isWhole || this.crew.hasReady(this.inspection?.onlySource)) {
      return ["queued", "limit", "Waiting for its turn."];
    }
    return waiting(live);
  }
}

function restored({ number, source, bytes, dropped, isLiar }: SourceRow, host: DownloadHost): SourceState {
  const state = new SourceState(source, number, host.clock);
  state.bytes = bytes;
  // It gave bytes before we were restarted, so it is expected back soon.
  if (bytes > 0) state.lastGoodAt = host.clock.now();
  if (dropped !== "") state.drop(dropped, isLiar);
  return state;
}
