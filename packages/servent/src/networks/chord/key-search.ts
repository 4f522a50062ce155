// One search in the ring: the owner of each of its keys is looked up, and it and those who follow it are asked for their
// records, page by page. What a record says must fit what was asked: whoever keeps records may keep anything.
import type { Address } from "@servent/overlay/host/host.ts";
import { sha1OfUrn } from "@servent/overlay/base/urn.ts";
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import { splitWords } from "@servent/overlay/base/words.ts";
import type { RunningSearch, SearchCost, SearchQuery } from "../network.ts";
import { decodeFileRecord, type FileRecord } from "./file-record.ts";
import type { Asker } from "./ring-member.ts";
import type { Meter } from "./meter.ts";
import { Nap } from "./pace.ts";
import { contentKey, type RingKey, searchKeys } from "./ring-keys.ts";
import { HOLDERS } from "./ring.ts";

export interface KeySearchOptions {
  /** The member that asks; undefined while we are in no ring. */
  readonly member: () => Asker | undefined;
  readonly meter: Meter;
  readonly onRecord: (file: FileRecord, provider: Address) => void;
}

/** A search that finds nothing looks again: the ring may be mending itself. */
const TRIES = 3;
const AGAIN_MS = 4000;
/** A search that began before we were in a ring waits so long for it. */
const RING_WAIT_MS = 30_000;
const RING_LOOK_MS = 250;
/** Pages that one holder is asked for: all that it may rightly have under one key, even where four fill a datagram. */
const PAGES_MAX = 64;
/** Where the holders have nothing, so many of those behind them are asked: others may have come between them and us. */
const FOLLOWERS_MORE = 5;

export class KeySearch implements RunningSearch {
  private readonly options: KeySearchOptions;
  private readonly sha1: Uint8Array | undefined;
  private readonly words: readonly string[];
  private readonly keys: readonly RingKey[];
  private readonly bill: ReturnType<Meter["open"]>;
  private readonly nap = new Nap();
  private readonly seen = new Set<string>();
  private isStopped = false;

  constructor(query: SearchQuery, options: KeySearchOptions) {
    this.options = options;
    this.words = splitWords(query.words);
    this.sha1 = query.urn === undefined ? undefined : sha1OfUrn(query.urn);
    // A name that the ring has no keys for, such as a Tiger tree's, may still come with words.
    this.keys = this.sha1 === undefined ? searchKeys(this.words) : [contentKey(this.sha1)];
    this.bill = options.meter.open(this.keys.map(({ key }) => key));
  }

  /** Ends by itself. */
  async run(): Promise<void> {
    await Promise.all(this.keys.map(({ key }) => this.searchKey(key)));
  }

  cost(): SearchCost {
    return this.bill.cost();
  }

  stop(): void {
    this.isStopped = true;
    this.nap.end();
    this.options.meter.close(this.bill);
  }

  private async searchKey(key: bigint): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt > 0) await this.nap.sleep(AGAIN_MS);
      const member = await this.ready();
      if (member === undefined) return;
      const found = await member.lookup(key);
      if (this.isStopped) return;
      if (found?.owner === undefined) continue;
      if ((await this.askHolders(member, key, [found.owner, ...found.followers])) > 0) return;
    }
  }

  /** The number of records. */
  private async askHolders(
    member: Asker,
    key: bigint,
    peers: readonly { readonly address: Address }[],
  ): Promise<number> {
    const holders = peers.slice(0, HOLDERS);
    const counts = await Promise.all(holders.map(({ address }) => this.askHolder(member, key, address)));
    let records = counts.reduce((sum, count) => sum + count, 0);
    for (const { address } of peers.slice(HOLDERS, HOLDERS + FOLLOWERS_MORE)) {
      if (records > 0 || this.isStopped) break;
      records += await this.askHolder(member, key, address);
    }
    return records;
  }

  private async askHolder(member: Asker, key: bigint, holder: Address): Promise<number> {
    let skip = 0;
    let fitting = 0;
    for (let page = 0; page < PAGES_MAX && !this.isStopped; page++) {
      const answer = await member.fetch(holder, key, skip);
      if (answer === undefined || this.isStopped) break;
      for (const { provider, value } of answer.records) if (this.take(value, provider)) fitting++;
      skip += answer.records.length;
      if (answer.records.length === 0 || skip >= answer.total) break;
    }
    return fitting;
  }

  /** False: it is no answer to what was asked. */
  private take(value: Uint8Array, provider: Address): boolean {
    const file = decodeFileRecord(value);
    if (file === undefined || !this.fits(file)) return false;
    const id = `${provider} ${Buffer.from(file.sha1).toString("latin1")}`;
    if (!this.seen.has(id)) {
      this.seen.add(id);
      this.options.onRecord(file, provider);
    }
    return true;
  }

  private fits(file: FileRecord): boolean {
    if (this.sha1 !== undefined) return equalBytes(file.sha1, this.sha1);
    const has = new Set(splitWords(file.name));
    return this.words.every((word) => has.has(word));
  }

  private async ready(): Promise<Asker | undefined> {
    const end = performance.now() + RING_WAIT_MS;
    while (!this.isStopped && performance.now() < end) {
      const member = this.options.member();
      if (member !== undefined) return member;
      await this.nap.sleep(RING_LOOK_MS);
    }
    return undefined;
  }
}
