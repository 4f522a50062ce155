// A ring in memory for tests: it answers a member's questions at once, and can be told to misbehave.
import type { Address } from "@servent/overlay/host/host.ts";
import type { Record } from "@servent/overlay/protocols/chord/messages.ts";
import type { Records } from "@servent/overlay/protocols/chord/record-asker.ts";
import type { Asker, Found } from "./ring-member.ts";

const PERMIT = 7;

export class ScriptedRing implements Asker {
  /** The owner of every key, and who follows it. */
  peers: readonly Address[] = [1, 2, 3, 4, 5];
  readonly silent = new Set<Address>();
  /** Started again since: their permits are new. */
  readonly restarted = new Set<Address>();
  /** Keeps nothing. */
  readonly full = new Set<Address>();
  readonly kept = new Map<string, Record>();
  /** What a holder answers in place of what it keeps. */
  answer: ((holder: Address, skip: number) => Partial<Records>) | undefined = undefined;
  /** Every question, in order: `lookup`, `fetch 3`, `store 3 3600`. */
  readonly asked: string[] = [];
  hasOwner = true;

  async lookup(key: bigint): Promise<Found> {
    this.asked.push("lookup");
    const [owner, ...followers] = this.peers.map((address) => ({ id: 0n, address }));
    const rest = { number: 1, key, hops: 0, timeouts: 0, ownerTimeouts: 0, ms: 0, path: [] };
    return { ...rest, owner: this.hasOwner ? owner : undefined, followers };
  }

  async fetch(from: Address, key: bigint, skip: number): Promise<Records | undefined> {
    this.asked.push(`fetch ${from}`);
    if (this.silent.has(from)) return undefined;
    const all = [...this.kept].filter(([place]) => place.startsWith(`${from} ${key} `)).map(([, record]) => record);
    const permit = this.restarted.has(from) ? PERMIT + 1 : PERMIT;
    const records = all.slice(skip, skip + 4);
    return { kind: "records", token: 0, permit, total: all.length, records, ...this.answer?.(from, skip) };
  }

  async store(at: Address, permit: number, key: bigint, record: Record, seconds: number): Promise<number> {
    this.asked.push(`store ${at} ${seconds}`);
    const isGood = permit === (this.restarted.has(at) ? PERMIT + 1 : PERMIT);
    if (this.silent.has(at) || this.full.has(at) || !isGood) return 0;
    const place = `${at} ${key} ${Buffer.from(record.value).toString("hex")}`;
    if (seconds === 0) this.kept.delete(place);
    else this.kept.set(place, record);
    return seconds;
  }
}
