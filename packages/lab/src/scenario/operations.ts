// What the load of a world led to: every query, look-up or publication with whom it reached, how far, how soon it was
// answered. A protocol's kit tells it what happens; it counts, and gives values and tables that are the same for every protocol.
import type { Millis } from "@servent/overlay/host/host.ts";
import type { Table } from "../experiments/program.ts";
import { WholeCounts } from "../measures/distribution.ts";
import { QuantileSketch } from "../measures/quantile-sketch.ts";

/** Operations that have values and a row of their own; of all others there are sums and distributions. */
const OPERATIONS_NAMED_MAX = 1000;

/**
 * Who heard of an operation is remembered this long, so that a second copy is known as one. In every protocol a message is
 * dead long before.
 */
const REMEMBERED_MS = 10 * 60_000;

interface Operation {
  readonly kind: string;
  /** Counts operations of its kind: `query#0`. */
  readonly index: number;
  readonly peer: number;
  readonly at: Millis;
  /** A bit per peer; null when it is too old to matter. */
  heard: Uint8Array | null;
  reached: number;
  duplicates: number;
  answers: number;
  lies: number;
  firstAnswer: Millis | undefined;
  outcome: "open" | "succeeded" | "failed";
}

export class Operations {
  private readonly peers: number;
  private readonly all: Operation[] = [];
  private readonly counts = new Map<string, number>();
  /** Operations up to here have forgotten who heard them. */
  private forgotten = 0;
  private readonly reachedByHop = new WholeCounts();
  private readonly duplicatesByHop = new WholeCounts();
  private readonly answerHops = new WholeCounts();
  private readonly latencies = new QuantileSketch();

  constructor(peers: number) {
    this.peers = peers;
  }

  /** Begins one; the answer is its number for the other calls. */
  begin(kind: string, peer: number, now: Millis): number {
    this.forget(now);
    const index = this.counts.get(kind) ?? 0;
    this.counts.set(kind, index + 1);
    this.all.push({
      kind,
      index,
      peer,
      at: now,
      heard: new Uint8Array((this.peers + 7) >>> 3),
      reached: 0,
      duplicates: 0,
      answers: 0,
      lies: 0,
      firstAnswer: undefined,
      outcome: "open",
    });
    return this.all.length - 1;
  }

  /** A message of the operation came to a peer after so many hops. Whether it was the first there; its origin knows it already. */
  arrive(operation: number, peer: number, hops: number): boolean {
    const found = this.all[operation] as Operation;
    if (found.heard === null) return false;
    const bit = 1 << (peer & 7);
    const byte = found.heard[peer >>> 3] as number;
    if (peer === found.peer || (byte & bit) !== 0) {
      found.duplicates++;
      this.duplicatesByHop.add(hops);
      return false;
    }
    found.heard[peer >>> 3] = byte | bit;
    found.reached++;
    this.reachedByHop.add(hops);
    return true;
  }

  /** An answer came back over so many hops; `isTrue`: who gave it has what it says. */
  answer(operation: number, hops: number, now: Millis, isTrue: boolean): void {
    const found = this.all[operation] as Operation;
    if (!isTrue) {
      found.lies++;
      return;
    }
    found.answers++;
    this.answerHops.add(hops);
    if (found.firstAnswer !== undefined) return;
    found.firstAnswer = now - found.at;
    found.outcome = "succeeded";
    this.latencies.add(found.firstAnswer);
  }

  /** It ended without an answer. */
  fail(operation: number): void {
    const found = this.all[operation] as Operation;
    if (found.outcome === "open") found.outcome = "failed";
  }

  /** Who began it. */
  originOf(operation: number): number {
    return (this.all[operation] as Operation).peer;
  }

  /** By name, as expectations speak of them. */
  values(): Record<string, number> {
    const values: Record<string, number> = { operations: this.all.length };
    if (this.all.length === 0) return values;
    const share = (list: readonly Operation[]): number =>
      list.filter(({ outcome }) => outcome === "succeeded").length / list.length;
    const sum = (of: (operation: Operation) => number): number => this.all.reduce((total, each) => total + of(each), 0);
    values["success"] = share(this.all);
    for (const [kind, count] of this.counts) {
      values[`operations(do=${kind})`] = count;
      values[`success(do=${kind})`] = share(this.all.filter((operation) => operation.kind === kind));
    }
    values["reached"] = sum(({ reached }) => reached);
    values["reached.mean"] = values["reached"] / this.all.length;
    values["duplicates"] = sum(({ duplicates }) => duplicates);
    values["answers"] = sum(({ answers }) => answers);
    values["lies"] = sum(({ lies }) => lies);
    if (this.answerHops.total > 0) values["hops.mean"] = this.answerHops.mean;
    if (this.latencies.count > 0) {
      values["latency.mean"] = this.latencies.mean;
      for (const percent of [50, 95, 99]) values[`latency.p${percent}`] = this.latencies.quantile(percent / 100);
    }
    for (const operation of this.all.slice(0, OPERATIONS_NAMED_MAX)) {
      const name = `${operation.kind}#${operation.index}`;
      values[`reached(${name})`] = operation.reached;
      values[`duplicates(${name})`] = operation.duplicates;
      values[`answers(${name})`] = operation.answers;
      if (operation.firstAnswer !== undefined) values[`latency(${name})`] = operation.firstAnswer;
    }
    return values;
  }

  tables(): Record<string, Table> {
    const tables: Record<string, Table> = {
      operations: {
        columns: ["operation", "at", "peer", "reached", "duplicates", "answers", "lies", "latency"],
        rows: this.all
          .slice(0, OPERATIONS_NAMED_MAX)
          .map(({ kind, index, at, peer, reached, duplicates, answers, lies, firstAnswer }) => [
            `${kind}#${index}`,
            at,
            peer,
            reached,
            duplicates,
            answers,
            lies,
            firstAnswer ?? "",
          ]),
      },
    };
    const hopsMax = Math.max(this.reachedByHop.largest, this.duplicatesByHop.largest);
    tables["reach"] = {
      columns: ["hops", "reached", "duplicates"],
      rows: Array.from({ length: Math.max(0, hopsMax) }, (_, i) => [
        i + 1,
        this.reachedByHop.of(i + 1) / this.all.length,
        this.duplicatesByHop.of(i + 1) / this.all.length,
      ]),
    };
    tables["hops"] = this.answerHops.table("hops");
    tables["latency"] = {
      columns: ["percent", "latency"],
      rows:
        this.latencies.count === 0
          ? []
          : Array.from({ length: 101 }, (_, percent) => [percent, this.latencies.quantile(percent / 100)]),
    };
    return tables;
  }

  private forget(now: Millis): void {
    for (; this.forgotten < this.all.length; this.forgotten++) {
      const oldest = this.all[this.forgotten] as Operation;
      if (now - oldest.at <= REMEMBERED_MS) return;
      oldest.heard = null;
    }
  }
}
