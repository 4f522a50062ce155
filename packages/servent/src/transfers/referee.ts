// Who lied? Decides whom to drop and which pieces to fetch again when bytes do not match a hash tree or the hash of the
// whole file. The hash of the whole file is the last word; a tree is the word of the source that gave it.
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import type { HashTree } from "../networks/network.ts";
import { CHECKED, MISSING, type PieceMap, SEVERAL } from "./piece-map.ts";
import type { SourceState } from "./source-state.ts";

/** What to do; `inspection.ts` does it. */
export interface Verdict {
  /** In words, for the transfer's history. */
  readonly text: string;
  readonly drop: readonly { readonly source: SourceState; readonly text: string }[];
  /** Sources that were dropped for a reason that no longer holds. */
  readonly forgive: readonly SourceState[];
  /** Pieces to fetch again. */
  readonly reset: readonly number[];
  readonly dropTree: boolean;
}

/** Wrong blocks of which a source gave only a part, before it is dropped. */
const STRIKES_MAX = 2;

/** What a piece was before it was fetched again from one source only. */
type Before = { readonly node: Uint8Array; readonly giver: number };

export class Referee {
  private readonly map: PieceMap;
  private readonly sources: readonly SourceState[];
  /** Base32 roots that the file is known under. */
  private readonly wantedRoot: string | undefined;
  private readonly strikes = new Map<SourceState, number>();
  private readonly badRoots = new Set<string>();
  private tree: { readonly root: string; readonly giver: SourceState } | undefined = undefined;
  /** Another source than the tree's giver sent bytes that match it. */
  private isVouched = false;
  /** The only source that may send now, to find out who lied; and what its pieces replaced. */
  private isolated: SourceState | undefined = undefined;
  private readonly before = new Map<number, Before>();

  constructor(map: PieceMap, sources: readonly SourceState[], wantedRoot: string | undefined) {
    this.map = map;
    this.sources = sources;
    this.wantedRoot = wantedRoot;
  }

  /** Undefined: all may send. */
  get onlySource(): SourceState | undefined {
    return this.isolated;
  }

  /** Which pieces the isolated source is to replace: their nodes are wanted by `isolate`. */
  get candidates(): readonly number[] {
    return this.piecesWhere((giver) => giver !== this.isolated?.number);
  }

  /** Why the tree cannot be used, or undefined: it is taken. */
  onTree(tree: HashTree, giver: SourceState): string | undefined {
    if (this.badRoots.has(tree.root)) return "Its hash tree does not lead to the right file.";
    if (this.wantedRoot !== undefined && !this.badRoots.has(this.wantedRoot) && tree.root !== this.wantedRoot)
      return "Its hash tree is for another file.";
    this.tree = { root: tree.root, giver };
    this.isVouched = false;
    return undefined;
  }

  onGood(first: number, last: number): void {
    for (let piece = first; piece < last; piece++) {
      const giver = this.map.giver(piece);
      if (giver !== SEVERAL && giver !== this.tree?.giver.number) this.isVouched = true;
    }
  }

  /** The pieces do not match the tree. */
  onBad(first: number, last: number): Verdict {
    const reset = range(first, last);
    const givers = this.giversOf(reset);
    const where = last - first === 1 ? `piece ${first + 1}` : `pieces ${first + 1} to ${last}`;
    const drop: { source: SourceState; text: string }[] = [];
    const isClear = givers.length === 1 && reset.every((piece) => this.map.giver(piece) !== SEVERAL);
    for (const source of givers) {
      const strikes = (this.strikes.get(source) ?? 0) + 1;
      this.strikes.set(source, strikes);
      if (isClear || strikes >= STRIKES_MAX) drop.push({ source, text: `Sent wrong bytes for ${where}.` });
    }
    const text = `Wrong bytes for ${where}, from ${namesOf(givers)}: thrown away.`;
    return { ...NOTHING, text, reset, drop };
  }

  /** The root that spoke against a source dropped now. */
  get root(): string | undefined {
    return this.tree?.root;
  }

  /** All sources are dropped. If only a tree that nobody vouches for spoke against them, the tree may be the liar. */
  onNobodyLeft(): Verdict | undefined {
    if (this.tree === undefined || this.isVouched || this.anyChecked()) return undefined;
    const { root, giver } = this.tree;
    // Who does not match its own tree lies either way.
    const forgive = this.forgivable(root).filter((source) => source !== giver);
    if (forgive.length === 0) return undefined;
    this.discardTree();
    return {
      ...NOTHING,
      text: "Nothing matches the hash tree, so it is not believed any more.",
      forgive,
      dropTree: true,
    };
  }

  /** The hash of the whole file is wrong. Undefined: one source was chosen to send all of it, see `isolate`. */
  onWrongWhole(): Verdict | undefined {
    if (this.tree !== undefined) return this.blameTree();
    const all = range(0, this.map.count);
    const givers = this.giversOf(all);
    const isClear = all.every((piece) => this.map.giver(piece) !== SEVERAL);
    const [only] = givers;
    if (givers.length <= 1 && (isClear || only === undefined)) {
      this.isolated = undefined;
      const drop =
        only === undefined ? [] : [{ source: only, text: "Sent a file that is not the one that was asked for." }];
      return { ...NOTHING, text: `The whole file is wrong; all of it came from ${namesOf(givers)}.`, reset: all, drop };
    }
    // The one that gave most is asked for all of it: if it is honest, little has to be fetched again.
    const able = givers.filter((source) => source.dropped === undefined);
    this.isolated = mostOf(able, this.map);
    if (this.isolated !== undefined) return undefined;
    return { ...NOTHING, text: "The whole file is wrong; who sent it is gone.", reset: all };
  }

  /** What the pieces hold that the isolated source is to send again. */
  isolate(nodes: ReadonlyMap<number, Uint8Array>): Verdict {
    const reset = this.candidates;
    for (const piece of reset) {
      const node = nodes.get(piece);
      if (node !== undefined && !this.before.has(piece)) this.before.set(piece, { node, giver: this.map.giver(piece) });
    }
    const text = `The whole file is wrong and came from several sources; getting all of it from ${this.isolated?.source.peer} to find out who sent wrong bytes.`;
    return { ...NOTHING, text, reset };
  }

  /** The isolated source cannot go on. Another takes its part; undefined: there is none, so all may send again. */
  onIsolatedGone(): void {
    const able = this.sources.filter((source) => source.dropped === undefined && source !== this.isolated);
    this.isolated = mostOf(able, this.map);
  }

  /** Pieces that had been something else before, to be compared when the file turned out right. */
  get replaced(): readonly number[] {
    return [...this.before.keys()];
  }

  /** The file is right now: who sent what differed from it lied. */
  onRight(nodes: ReadonlyMap<number, Uint8Array>): Verdict | undefined {
    const liars = new Map<SourceState, number>();
    for (const [piece, { node, giver }] of this.before) {
      const right = nodes.get(piece);
      const source = this.sources.find((each) => each.number === giver);
      if (right !== undefined && source !== undefined && !equalBytes(right, node)) liars.set(source, piece);
    }
    this.before.clear();
    this.isolated = undefined;
    if (liars.size === 0) return undefined;
    const drop = [...liars].map(([source, piece]) => ({ source, text: `Sent wrong bytes for piece ${piece + 1}.` }));
    return { ...NOTHING, text: `Wrong bytes had come from ${namesOf([...liars.keys()])}.`, drop };
  }

  private blameTree(): Verdict {
    const { root, giver } = this.tree as { root: string; giver: SourceState };
    const forgive = this.forgivable(root);
    this.discardTree();
    const text = `Every block matches the hash tree of ${giver.source.peer}, and the whole file is wrong: the tree is false.`;
    const drop = [{ source: giver, text: "Gave a false hash tree." }];
    const reset = this.piecesWhere((number) => number === giver.number);
    // What the others sent agrees with the false tree as well, so at least some of it is wrong too.
    return { text, drop, forgive, reset: reset.length > 0 ? reset : range(0, this.map.count), dropTree: true };
  }

  private discardTree(): void {
    if (this.tree !== undefined) this.badRoots.add(this.tree.root);
    this.tree = undefined;
    this.isVouched = false;
  }

  private forgivable(root: string): readonly SourceState[] {
    return this.sources.filter((source) => source.dropped?.root === root);
  }

  private anyChecked(): boolean {
    for (let piece = 0; piece < this.map.count; piece++) if (this.map.state(piece) === CHECKED) return true;
    return false;
  }

  private giversOf(pieces: readonly number[]): readonly SourceState[] {
    const numbers = new Set(pieces.map((piece) => this.map.giver(piece)));
    return this.sources.filter((source) => numbers.has(source.number));
  }

  private piecesWhere(matches: (giver: number) => boolean): readonly number[] {
    return range(0, this.map.count).filter(
      (piece) => this.map.state(piece) !== MISSING && matches(this.map.giver(piece)),
    );
  }
}

const NOTHING: Verdict = { text: "", drop: [], forgive: [], reset: [], dropTree: false };

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first }, (_, i) => first + i);
}

function namesOf(sources: readonly SourceState[]): string {
  return sources.length === 0 ? "sources no longer known" : sources.map(({ source }) => source.peer).join(", ");
}

function mostOf(sources: readonly SourceState[], map: PieceMap): SourceState | undefined {
  const counts = new Map<number, number>();
  for (let piece = 0; piece < map.count; piece++) counts.set(map.giver(piece), (counts.get(map.giver(piece)) ?? 0) + 1);
  let most: SourceState | undefined;
  const countOf = (source: SourceState) => counts.get(source.number) ?? 0;
  for (const source of sources) if (most === undefined || countOf(source) > countOf(most)) most = source;
  return most;
}
