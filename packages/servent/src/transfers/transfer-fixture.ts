// A transfer manager in temporary folders, with a clock and a network that the test plays: for tests.
import { sha1Urn, tigerUrn } from "@servent/overlay/base/urn.ts";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { base32Decode } from "@servent/overlay/base/base32.ts";
import { type FileHasher, HashEngine, type HashJob, type HashResult, type WholeHash } from "./file-hasher.ts";
import { ManualClock } from "./manual-clock.ts";
import { ScriptedNetwork, treeOf } from "./scripted-network.ts";
import type { TransferView } from "./transfer.ts";
import { TransferManager, type TransferManagerOptions } from "./transfer-manager.ts";

export const MIB = 1024 * 1024;

/** The hasher's work without its thread. */
export class InlineHasher implements FileHasher {
  private readonly engine = new HashEngine();
  jobs = 0;

  async hash(job: HashJob): Promise<HashResult> {
    this.jobs++;
    await Promise.resolve();
    return this.engine.hash(job);
  }

  digest(key: string, whole: WholeHash): Promise<Uint8Array> {
    return Promise.resolve(this.engine.digest(key, whole));
  }

  forget(key: string): void {
    this.engine.forget(key);
  }

  stop(): void {}
}

export interface Content {
  readonly bytes: Uint8Array;
  readonly sha1: string;
  readonly tiger: string;
}

export function content(size: number): Content {
  const bytes = randomBytes(size);
  const sha1 = sha1Urn(createHash("sha1").update(bytes).digest());
  return { bytes, sha1, tiger: tigerUrn(base32Decode(treeOf(bytes, MIB).root) as Uint8Array) };
}

/** The same bytes, but for a few in these pieces. */
export function withLies(bytes: Uint8Array, ...pieces: number[]): Uint8Array {
  const lies = Uint8Array.from(bytes);
  for (const piece of pieces) lies[piece * MIB + 17] = (lies[piece * MIB + 17] as number) ^ 0xff;
  return lies;
}

export class Rig {
  readonly clock = new ManualClock();
  readonly network = new ScriptedNetwork(this.clock);
  readonly folder = mkdtempSync(join(tmpdir(), "servent-transfers-"));
  readonly events: { type: string; data: TransferView }[] = [];
  readonly asked: string[] = [];
  /** What `freeBytes` answers; `real`: what the file system says. */
  free: number | "real" = Number.MAX_SAFE_INTEGER;
  networkIsOn = true;
  manager: TransferManager;
  private db: DatabaseSync;
  private readonly more: Partial<TransferManagerOptions>;

  /** `prepare` is called with the folder before anything is in it. */
  constructor(more: Partial<TransferManagerOptions> = {}, prepare: (rig: Rig) => void = () => undefined) {
    this.more = more;
    prepare(this);
    this.db = new DatabaseSync(this.databasePath);
    mkdirSync(this.downloads);
    this.manager = this.make();
    this.manager.start();
  }

  get databasePath(): string {
    return join(this.folder, "state.db");
  }

  get downloads(): string {
    return join(this.folder, "downloads");
  }

  get incomplete(): string {
    return join(this.folder, "incomplete");
  }

  private make(): TransferManager {
    return new TransferManager({
      db: this.db,
      downloads: this.downloads,
      incomplete: this.incomplete,
      activeDown: 8,
      perPeer: 2,
      retry: { tries: 0, firstMs: 15_000, maxMs: 1_800_000 },
      stallMs: 60_000,
      reserveDisk: 0,
      onConflict: "rename",
      bytesPerSecond: 0,
      clock: this.clock,
      hasher: new InlineHasher(),
      networks: () => (this.networkIsOn ? this.network : undefined),
      events: (type, data) => this.events.push({ type, data }),
      freeBytes: (folder) => this.freeBytes(folder),
      find: (request) => this.asked.push(request.name),
      ...this.more,
    });
  }

  private async freeBytes(folder: string): Promise<number> {
    if (this.free !== "real") return this.free;
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  }

  /** Ends the manager and starts another on the same files and database. */
  async restart(between: () => void = () => undefined): Promise<void> {
    await this.manager.close();
    between();
    this.db.close();
    this.db = new DatabaseSync(this.databasePath);
    this.manager = this.make();
    this.manager.start();
  }

  /** Lets time flow until it is true: `stepMs` of the clock at a time, and between two steps all work with files ends. */
  async until(isTrue: () => boolean, what = "the condition", stepMs = 100): Promise<void> {
    for (let steps = 0; steps < 20_000; steps++) {
      if (isTrue()) return;
      this.clock.advance(stepMs);
      await filesSettled();
    }
    const states = this.manager.list().map((view) => `${view.state}/${view.reason}: ${view.text}`);
    expect.fail(`waited in vain for ${what}; transfers: ${states.join(" | ")}`);
  }

  async untilState(id: string, state: TransferView["state"], stepMs = 100): Promise<TransferView> {
    await this.until(() => this.manager.view(id).state === state, `state ${state}`, stepMs);
    return this.manager.view(id);
  }

  saved(name = "file.bin"): Buffer {
    return readFileSync(join(this.downloads, name));
  }

  savedNames(): string[] {
    return existsSync(this.downloads) ? readdirSync(this.downloads) : [];
  }

  partNames(): string[] {
    return readdirSync(this.incomplete);
  }

  codes(id: string): string[] {
    return this.manager.why(id).facts.map((fact) => fact.code);
  }

  /** Changes what is stored, behind the manager's back. */
  setState(id: string, state: string): void {
    this.db.prepare("UPDATE transfers SET state = ? WHERE id = ?").run(state, id);
  }

  async end(): Promise<void> {
    await this.manager.close();
    this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Turns of the event loop without work on files that mean that none will follow. */
const QUIET_TURNS = 3;

async function filesSettled(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((resource) => resource.startsWith("FSReq"))) quiet = -1;
  }
}
