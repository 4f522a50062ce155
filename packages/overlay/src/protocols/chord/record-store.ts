// What a node keeps for others: who has a file, under its key, for a while. Only who stored a record refreshes or removes it.
//
// When it is full the newcomer is refused, after what is out of date has gone: nothing that lives makes room for anything
// else, so a flood of one host's records can cost nobody his. Its own bounds keep that host from filling the store first.
import { assert } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import { hostOf } from "../../base/ipv4.ts";
import type { Address, Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import type { Record } from "./messages.ts";

/** One host's records under one key: it takes several hosts to shut everybody else out of a key. */
const RECORDS_PER_HOST_AND_KEY_MAX = LIMITS.recordsPerKeyMax / 4;

interface Kept {
  readonly record: Record;
  /** Whom it counts against. */
  readonly host: number;
  expires: Millis;
}

export class RecordStore<Id> {
  private readonly byKey = new Map<Id, Kept[]>();
  private readonly countByHost = new Map<number, number>();
  private count = 0;
  /** Nothing is out of date before this, so a full store is not searched for it in vain. */
  private firstExpires: Millis = Number.POSITIVE_INFINITY;

  /** Records, those included that are out of date and not swept yet. */
  get size(): number {
    return this.count;
  }

  /** Keeps a record, or keeps it longer. The answer is for how many seconds; 0: refused. */
  put(key: Id, from: Address, record: Record, seconds: number, now: Millis): number {
    assert(seconds >= 1 && record.value.length <= LIMITS.recordBytesMax, "a record has a life and a bounded value");
    const granted = Math.min(Math.floor(seconds), LIMITS.recordSecondsMax);
    const expires = now + 1000 * granted;
    const host = hostOf(from);
    const known = this.find(key, host, record);
    if (known !== undefined) known.expires = expires;
    else if (this.hasRoom(key, host, now)) this.add(key, { record, host, expires });
    else return 0;
    this.firstExpires = Math.min(this.firstExpires, expires);
    return granted;
  }

  /** Takes a record back. False: whoever asks has stored no such one. */
  remove(key: Id, from: Address, record: Record): boolean {
    const known = this.find(key, hostOf(from), record);
    if (known === undefined) return false;
    this.retain(key, (kept) => kept !== known);
    return true;
  }

  /** What lives under a key: how many in all, and at most so many after the first `skip`, in the order in which they came. */
  fetch(key: Id, skip: number, most: number, now: Millis): { readonly total: number; readonly records: Record[] } {
    const living = (this.byKey.get(key) ?? []).filter(({ expires }) => expires > now);
    return { total: living.length, records: living.slice(skip, skip + most).map(({ record }) => record) };
  }

  /** Drops what is out of date. The answer is how many records are left. */
  sweep(now: Millis): number {
    if (this.firstExpires > now) return this.count;
    this.firstExpires = Number.POSITIVE_INFINITY;
    for (const [key, list] of this.byKey) {
      this.retain(key, ({ expires }) => expires > now);
      for (const { expires } of list) if (expires > now) this.firstExpires = Math.min(this.firstExpires, expires);
    }
    return this.count;
  }

  private find(key: Id, host: number, { provider, value }: Record): Kept | undefined {
    return this.byKey
      .get(key)
      ?.find((kept) => kept.host === host && kept.record.provider === provider && equalBytes(kept.record.value, value));
  }

  private hasRoom(key: Id, host: number, now: Millis): boolean {
    if (this.isFull(key, host)) this.sweep(now);
    return !this.isFull(key, host);
  }

  private isFull(key: Id, host: number): boolean {
    if (this.count >= LIMITS.recordsMax || this.hostCount(host) >= LIMITS.recordsPerHostMax) return true;
    const list = this.byKey.get(key) ?? [];
    if (list.length >= LIMITS.recordsPerKeyMax) return true;
    return list.filter((kept) => kept.host === host).length >= RECORDS_PER_HOST_AND_KEY_MAX;
  }

  private hostCount(host: number): number {
    return this.countByHost.get(host) ?? 0;
  }

  private add(key: Id, kept: Kept): void {
    const list = this.byKey.get(key);
    if (list === undefined) this.byKey.set(key, [kept]);
    else list.push(kept);
    this.countByHost.set(kept.host, this.hostCount(kept.host) + 1);
    this.count++;
  }

  private retain(key: Id, stays: (kept: Kept) => boolean): void {
    const staying: Kept[] = [];
    for (const kept of this.byKey.get(key) ?? []) {
      if (stays(kept)) staying.push(kept);
      else this.discount(kept.host);
    }
    if (staying.length === 0) this.byKey.delete(key);
    else this.byKey.set(key, staying);
  }

  private discount(host: number): void {
    const left = this.hostCount(host) - 1;
    if (left === 0) this.countByHost.delete(host);
    else this.countByHost.set(host, left);
    this.count--;
  }
}
