// Makes what we share findable in the ring: for each key of each file a record at the owner of the key and the next two. Records
// die after an hour; each is renewed before that, and taken back when its file is no longer shared. All of it goes through one
// queue with a rate and a bound: what has no room is not published, and the status says so.
import type { Address } from "@servent/overlay/host/host.ts";
import { LIMITS } from "@servent/overlay/protocols/chord/limits.ts";
import type { Library, SharedFile } from "../../library/library.ts";
import { encodeFileRecord, recordName } from "./file-record.ts";
import { Nap, Pace } from "./pace.ts";
import type { Asker } from "./ring-member.ts";
import { keysOf, type RingKey } from "./ring-keys.ts";
import { HOLDERS } from "./ring.ts";

export interface PublisherOptions {
  readonly library: Pick<Library, "list" | "version" | "totals">;
  /** The member that asks; undefined while we are in no ring, or nobody else is. */
  readonly member: () => Asker | undefined;
  /** Where our files can be had. */
  readonly provider: Address;
  readonly isFirewalled: () => boolean;
}

export interface PublisherStatus {
  /** Files whose keys are in the queue or in the ring. */
  readonly files: number;
  /** Files for which there was no room. */
  readonly filesLeftOut: number;
  /** Records that somebody keeps for us. */
  readonly records: number;
  /** Keys that were never published yet. */
  readonly waiting: number;
  /** Keys of which some record was refused, or lost on the way, at the last try. */
  readonly refused: number;
}

const RECORD_SECONDS = LIMITS.recordSecondsMax;
/** Well before records die, so that a lost round costs nothing. */
const RENEW_MS = 20 * 60_000;
/** The ring around a newcomer still moves, so the first rounds follow sooner. */
const EARLY_RENEWALS_MS: readonly number[] = [15_000, 60_000, 5 * 60_000];
/** Where the owner of a key was not found. */
const RETRY_MS = 15_000;
/** At 25 questions a second, some 5 kB, this many records are renewed in time. */
export const RECORDS_MAX = 4000;
const QUESTIONS_PER_SECOND = 25;
/** A handful of files is there at once. */
const QUESTIONS_BURST = 250;
/** A node keeps no more of one host under one key. */
const RECORDS_PER_KEY_MAX = LIMITS.recordsPerKeyMax / 4;
/** A library that is being scanned changes all the time. */
const LOOK_AT_LIBRARY_MS = 2000;
const LIST_PAGE = 1000;
/** Holders of a record whom we remember, so that it can be taken back from them. */
const HOLDERS_REMEMBERED = 2 * HOLDERS;
/** A permit lives for five minutes at least. */
const PERMIT_GOOD_MS = 4 * 60_000;
/** Nodes whose permit we remember. */
const PERMITS_MAX = 2000;
/** Skips every record: only the permit of the answer is wanted. */
const NO_RECORDS = 0xffff_ffff;
/** Leaving takes no longer than this for what can be taken back. */
const TAKE_BACK_MS = 2000;
const TAKE_BACK_AT_ONCE = 32;
/** What is under way when we stop may end. */
const LAST_STEP_MS = 500;
const IDLE_MS = 500;

interface Entry {
  readonly key: RingKey;
  /** What is to be there, by a text of the bytes. */
  values: Map<string, Uint8Array>;
  holders: readonly Address[];
  /** Values that each holder of the last round took. */
  kept: number;
  rounds: number;
  dueAt: number;
  isRefused: boolean;
}

/** One record at one of its holders. */
interface Place {
  readonly holder: Address;
  readonly key: bigint;
  readonly value: Uint8Array;
}

export class Publisher {
  private readonly options: PublisherOptions;
  private readonly entries = new Map<string, Entry>();
  private withdrawals: Place[] = [];
  private readonly permits = new Map<Address, { readonly permit: number; readonly at: number }>();
  private readonly nap = new Nap();
  private readonly pace = new Pace(QUESTIONS_PER_SECOND, QUESTIONS_BURST);
  private files = 0;
  private filesLeftOut = 0;
  private libraryVersion = -1;
  private firewalledThen = false;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined = undefined;
  private isStopped = false;

  constructor(options: PublisherOptions) {
    this.options = options;
  }

  start(): void {
    this.running = this.run();
  }

  /** Ends the work, and takes back what it can in the time that it has. */
  async stop(takesBack: boolean): Promise<void> {
    this.isStopped = true;
    this.nap.end();
    if (!takesBack) return;
    await soon(this.running, LAST_STEP_MS);
    const member = this.options.member();
    if (member !== undefined) await this.takeAllBack(member);
  }

  /** We came among others: what was published before, nobody here has. */
  renewAll(): void {
    for (const entry of this.entries.values()) Object.assign(entry, { rounds: 0, dueAt: 0 });
    this.nap.wake();
  }

  status(): PublisherStatus {
    let records = 0;
    let waiting = 0;
    let refused = 0;
    for (const { kept, rounds, isRefused } of this.entries.values()) {
      records += kept;
      if (rounds === 0) waiting++;
      if (isRefused) refused++;
    }
    return { files: this.files, filesLeftOut: this.filesLeftOut, records, waiting, refused };
  }

  // --- the loop

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.lookAtLibrary();
      const member = this.options.member();
      const spent = member === undefined ? 0 : await this.doNext(member);
      await this.nap.sleep(spent === 0 ? IDLE_MS : this.pace.spend(spent));
    }
  }

  /** The answer is how many questions it took. */
  private async doNext(member: Asker): Promise<number> {
    const withdrawal = this.withdrawals.shift();
    if (withdrawal !== undefined) return this.withdraw(member, withdrawal);
    const entry = this.nextEntry();
    return entry === undefined ? 0 : this.publish(member, entry);
  }

  /** What was never published goes first, then what is due longest. */
  private nextEntry(): Entry | undefined {
    const now = performance.now();
    let next: Entry | undefined;
    for (const entry of this.entries.values()) {
      if (entry.dueAt > now) continue;
      if (next === undefined || (entry.rounds === 0 ? 0 : 1) < (next.rounds === 0 ? 0 : 1)) next = entry;
      else if ((entry.rounds === 0) === (next.rounds === 0) && entry.dueAt < next.dueAt) next = entry;
    }
    return next;
  }

  private async publish(member: Asker, entry: Entry): Promise<number> {
    const found = await member.lookup(entry.key.key);
    let spent = 1 + (found?.path.length ?? 0);
    if (this.isStopped || found?.owner === undefined) {
      entry.dueAt = performance.now() + RETRY_MS;
      return spent;
    }
    const holders = [found.owner, ...found.followers].slice(0, HOLDERS).map(({ address }) => address);
    const values = [...entry.values.values()];
    const kept = await Promise.all(holders.map((holder) => this.storeAt(member, holder, entry.key.key, values)));
    spent += holders.length * (1 + values.length);
    entry.holders = [...new Set([...holders, ...entry.holders])].slice(0, HOLDERS_REMEMBERED);
    entry.kept = Math.max(...kept);
    entry.isRefused = entry.kept < values.length;
    entry.dueAt = performance.now() + (EARLY_RENEWALS_MS[entry.rounds] ?? RENEW_MS);
    entry.rounds++;
    return spent;
  }

  /** How many of the values the holder keeps now. */
  private async storeAt(member: Asker, holder: Address, key: bigint, values: readonly Uint8Array[]): Promise<number> {
    let kept = 0;
    for (const value of values) if (await this.store(member, { holder, key, value })) kept++;
    return kept;
  }

  /** With the permit that we have, or with a new one where that is refused: its node may have started again. */
  private async store(member: Asker, { holder, key, value }: Place): Promise<boolean> {
    const record = { provider: this.options.provider, value };
    for (const isFresh of [false, true]) {
      const permit = await this.permit(member, holder, key, isFresh);
      if (permit === undefined) return false;
      if ((await member.store(holder, permit, key, record, RECORD_SECONDS)) > 0) return true;
    }
    return false;
  }

  private async permit(member: Asker, from: Address, key: bigint, isFresh: boolean): Promise<number | undefined> {
    const now = performance.now();
    const known = this.permits.get(from);
    if (!isFresh && known !== undefined && now - known.at < PERMIT_GOOD_MS) return known.permit;
    const answer = await member.fetch(from, key, NO_RECORDS);
    this.permits.delete(from);
    if (answer === undefined) return undefined;
    for (const oldest of this.permits.keys()) {
      if (this.permits.size < PERMITS_MAX) break;
      this.permits.delete(oldest);
    }
    this.permits.set(from, { permit: answer.permit, at: now });
    return answer.permit;
  }

  private async withdraw(member: Asker, { holder, key, value }: Place): Promise<number> {
    const permit = await this.permit(member, holder, key, false);
    // Whoever is silent keeps nothing of ours for long.
    if (permit === undefined) this.withdrawals = this.withdrawals.filter((place) => place.holder !== holder);
    else await member.store(holder, permit, key, { provider: this.options.provider, value }, 0);
    return 2;
  }

  private async takeAllBack(member: Asker): Promise<void> {
    for (const entry of this.entries.values()) this.withdrawals.push(...placesOf(entry));
    const end = performance.now() + TAKE_BACK_MS;
    const takeNext = async (): Promise<void> => {
      while (performance.now() < end) {
        const next = this.withdrawals.shift();
        if (next === undefined) return;
        await this.withdraw(member, next);
      }
    };
    await soon(Promise.all(Array.from({ length: TAKE_BACK_AT_ONCE }, takeNext)), TAKE_BACK_MS);
  }

  // --- what is to be there

  private lookAtLibrary(): void {
    const { library, isFirewalled } = this.options;
    const now = performance.now();
    if (now - this.lookedAt < LOOK_AT_LIBRARY_MS) return;
    this.lookedAt = now;
    const { version } = library;
    if (version === this.libraryVersion && isFirewalled() === this.firewalledThen) return;
    this.libraryVersion = version;
    this.firewalledThen = isFirewalled();
    this.replaceEntries(this.wanted());
  }

  /** Keys and values of as many files as there is room for, in the order of the library. */
  private wanted(): Map<string, { readonly key: RingKey; readonly values: Map<string, Uint8Array> }> {
    const wanted = new Map<string, { key: RingKey; values: Map<string, Uint8Array> }>();
    let records = 0;
    this.files = 0;
    for (const file of this.offered()) {
      const keys = keysOf(recordName(file.name), file.sha1);
      if (records + keys.length > RECORDS_MAX) break;
      this.files++;
      const value = encodeFileRecord({ ...file, firewalled: this.firewalledThen });
      const valueText = Buffer.from(value).toString("latin1");
      for (const key of keys) {
        const id = key.text;
        const entry = wanted.get(id) ?? { key, values: new Map<string, Uint8Array>() };
        wanted.set(id, entry);
        if (entry.values.size >= RECORDS_PER_KEY_MAX || entry.values.has(valueText)) continue;
        entry.values.set(valueText, value);
        records++;
      }
    }
    this.filesLeftOut = Math.max(0, this.options.library.totals().files - this.files);
    return wanted;
  }

  private *offered(): Generator<SharedFile & { readonly sha1: Uint8Array }> {
    for (let offset = 0; ; offset += LIST_PAGE) {
      const { items } = this.options.library.list(offset, LIST_PAGE);
      for (const file of items) if (file.sha1 !== undefined) yield { ...file, sha1: file.sha1 };
      if (items.length < LIST_PAGE) return;
    }
  }

  private replaceEntries(wanted: ReturnType<Publisher["wanted"]>): void {
    for (const [id, entry] of this.entries) {
      const now = wanted.get(id)?.values;
      this.withdrawals.push(...placesOf(entry, (text) => now?.has(text) === true));
      if (now === undefined) this.entries.delete(id);
    }
    for (const [id, { key, values }] of wanted) {
      const entry = this.entries.get(id);
      if (entry === undefined) {
        this.entries.set(id, { key, values, holders: [], kept: 0, rounds: 0, dueAt: 0, isRefused: false });
        continue;
      }
      const hasNew = [...values.keys()].some((text) => !entry.values.has(text));
      entry.values = values;
      if (hasNew) Object.assign(entry, { rounds: 0, dueAt: 0 });
    }
    // More than all of our records cannot lie anywhere; what is beyond dies by itself.
    this.withdrawals = this.withdrawals.slice(0, RECORDS_MAX * HOLDERS);
  }
}

/** Where the records of an entry lie, without those that stay there. */
function placesOf(entry: Entry, stays: (text: string) => boolean = () => false): Place[] {
  return [...entry.values]
    .filter(([text]) => !stays(text))
    .flatMap(([, value]) => entry.holders.map((holder) => ({ holder, key: entry.key.key, value })));
}

/** Waits for something, but no longer than this. */
async function soon(what: Promise<unknown> | undefined, ms: number): Promise<void> {
  await Promise.race([what, new Promise((resolve) => setTimeout(resolve, ms).unref())]);
}
