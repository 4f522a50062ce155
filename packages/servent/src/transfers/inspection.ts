// Everything about whether the bytes of one download are right: gets the hash tree, checks as pieces come, and when
// something is wrong carries out what the referee decides.
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { type Network, SourceError } from "../networks/network.ts";
import type { Clock } from "./clock.ts";
import type { FileHasher, WholeHash } from "./file-hasher.ts";
import type { PieceMap } from "./piece-map.ts";
import { Referee, type Verdict } from "./referee.ts";
import type { SourceState } from "./source-state.ts";
import { sizeText } from "./transfer-text.ts";
import type { ContentHashes } from "@servent/overlay/base/urn.ts";
import { Verification } from "./verification.ts";

/** A hash tree takes one small answer; a source that hangs on it is not asked twice. */
const TREE_MS = 30_000;
/** The isolated source may fail this often in a row before another takes its part. */
const ISOLATED_FAILURES_MAX = 3;

export interface InspectionEvents {
  note(code: string, text: string): void;
  /** These are missing again. */
  reset(pieces: readonly number[]): void;
  /** It must stop at once. */
  dropped(source: SourceState): void;
  /** The whole file is right, as far as anybody can tell. */
  right(verified: WholeHash | "none"): void;
  /** After any of the above: who may be asked, and for what, has changed. */
  changed(): void;
  unreadable(error: Error): void;
}

export class Inspection {
  private readonly map: PieceMap;
  private readonly hashes: ContentHashes;
  private readonly clock: Clock;
  private readonly events: InspectionEvents;
  private readonly whole: WholeHash | undefined;
  private readonly verification: Verification;
  private readonly referee: Referee;
  private asking: AbortController | undefined = undefined;
  private isJudging = false;

  constructor(
    hasher: FileHasher,
    key: string,
    map: PieceMap,
    sources: readonly SourceState[],
    hashes: ContentHashes,
    clock: Clock,
    events: InspectionEvents,
  ) {
    this.map = map;
    this.hashes = hashes;
    this.clock = clock;
    this.events = events;
    if (hashes.sha1 !== undefined) this.whole = "sha1";
    else this.whole = hashes.tiger === undefined ? undefined : "tiger";
    this.referee = new Referee(map, sources, hashes.tiger === undefined ? undefined : base32Encode(hashes.tiger));
    this.verification = new Verification(hasher, key, map, this.whole, {
      good: (first, last) => this.referee.onGood(first, last),
      bad: (first, last) => this.apply(this.referee.onBad(first, last), this.referee.root),
      complete: (digest) => void this.judge(digest),
      unreadable: (error) => events.unreadable(error),
    });
  }

  /** The only source that may send now; undefined: all may. */
  get onlySource(): SourceState | undefined {
    return this.referee.onlySource;
  }

  get unitBytes(): number {
    return this.verification.unitBytes;
  }

  start(fd: number): void {
    this.verification.start(fd);
  }

  /** Nothing reads the file any more when this resolves. */
  stop(): Promise<void> {
    this.asking?.abort();
    return this.verification.stop();
  }

  written(piece: number): void {
    this.verification.written(piece);
  }

  /** Asks a source at work for the hash tree, where that is of use and nobody is asked just now. */
  wantTree(source: SourceState, network: Network | undefined): void {
    if (this.verification.hasTree || this.asking !== undefined || source.askedTree || this.map.count < 2) return;
    if (network === undefined) return;
    source.askedTree = true;
    const asking = new AbortController();
    this.asking = asking;
    const stop = this.clock.after(TREE_MS, () => asking.abort());
    void this.askTree(source, network, asking.signal).finally(() => {
      stop();
      this.asking = undefined;
    });
  }

  /** Now and then: the one source that may send, and cannot, is replaced. */
  mindIsolated(): void {
    const only = this.referee.onlySource;
    if (only === undefined || this.isJudging) return;
    if (only.dropped === undefined && only.failures <= ISOLATED_FAILURES_MAX) return;
    this.referee.onIsolatedGone();
    void this.isolate();
  }

  /** All sources are dropped: is anybody to be forgiven? */
  forgiveSomebody(): boolean {
    const verdict = this.referee.onNobodyLeft();
    if (verdict !== undefined) this.apply(verdict, undefined);
    return verdict !== undefined;
  }

  private async askTree(source: SourceState, network: Network, signal: AbortSignal): Promise<void> {
    const { peer } = source.source;
    try {
      const tree = await network.hashTree(source.source, signal);
      if (tree === undefined || signal.aborted) return;
      const refused = this.referee.onTree(tree, source);
      if (refused !== undefined) this.events.note("tree_refused", `${peer}: ${refused}`);
      else if (!this.verification.setTree(tree))
        this.events.note("tree_refused", `${peer}: Its hash tree is for a file of another size.`);
      else this.events.note("tree", `${peer} gave the hash tree: every ${sizeText(this.unitBytes)} can be checked.`);
    } catch (error) {
      // Not being able to check early is no reason against the source, and none to stop, whosever fault it is.
      const text = error instanceof SourceError ? error.message : `${String(error)}.`;
      if (!signal.aborted) this.events.note("tree_missing", `${peer} gave no hash tree: ${text}`);
    }
  }

  /** Every piece is here, and matches the tree if there is one. */
  private async judge(digest: Uint8Array | undefined): Promise<void> {
    const wanted = this.whole === "sha1" ? this.hashes.sha1 : this.hashes.tiger;
    if (digest === undefined || (wanted !== undefined && equalBytes(digest, wanted))) {
      const verdict = this.referee.onRight(await this.nodesOf(this.referee.replaced));
      if (verdict !== undefined) this.apply(verdict, undefined);
      this.events.right(this.whole ?? "none");
      return;
    }
    this.events.note("hash_mismatch", "The hash of the whole file is not the one that was asked for.");
    const verdict = this.referee.onWrongWhole();
    if (verdict === undefined) await this.isolate();
    else this.apply(verdict, undefined);
  }

  private async isolate(): Promise<void> {
    if (this.referee.onlySource === undefined) return this.events.changed();
    this.isJudging = true;
    const nodes = await this.nodesOf(this.referee.candidates);
    this.isJudging = false;
    this.apply(this.referee.isolate(nodes), undefined);
  }

  private apply(verdict: Verdict, root: string | undefined): void {
    this.events.note("checked", verdict.text);
    for (const source of verdict.forgive) {
      source.revive();
      this.events.note("forgiven", `${source.source.peer} may send again.`);
    }
    for (const { source, text } of verdict.drop) {
      source.drop(text, true, root);
      this.events.note("source_dropped", `${source.source.peer} is not asked any more: ${text}`);
      this.events.dropped(source);
    }
    for (const piece of verdict.reset) this.map.reset(piece);
    if (verdict.reset.length > 0) this.events.reset(verdict.reset);
    if (verdict.dropTree) this.verification.dropTree();
    const first = verdict.reset[0];
    if (first !== undefined) this.verification.forgetFrom(first);
    this.events.changed();
  }

  private async nodesOf(pieces: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>> {
    const nodes = new Map<number, Uint8Array>();
    for (const piece of pieces) {
      const node = await this.verification.nodeOf(piece);
      if (node === undefined) break;
      nodes.set(piece, node);
    }
    return nodes;
  }
}
