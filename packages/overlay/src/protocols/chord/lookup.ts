// One iterative lookup: it asks node after node, each nearer to the key, until one says who owns it. It owns its timeouts and
// never depends on an intermediate node staying alive. A silent peer is avoided from then on, and whoever named it is asked
// for the next best.
import type { Address, Millis } from "../../host/host.ts";
import type { IdSpace } from "./id-space.ts";
import { LIMITS } from "./limits.ts";
import type { Message, Peer } from "./messages.ts";
import type { Asker, Requests } from "./requests.ts";

/** One answer to "who is next for this key?". */
export interface Step<Id> {
  readonly isOwner: boolean;
  readonly peers: readonly Peer<Id>[];
}

/** One node that was asked, as people are shown it. */
export interface Hop<Id> {
  readonly peer: Peer<Id>;
  /** Undefined: it did not answer. */
  readonly ms: Millis | undefined;
}

export interface LookupResult<Id> {
  /** The number that `lookup` gave. */
  readonly number: number;
  readonly key: Id;
  /** Undefined: the lookup failed. */
  readonly owner: Peer<Id> | undefined;
  /** Who follows the owner, as the last node knew. */
  readonly followers: readonly Peer<Id>[];
  /** Iterative: nodes that answered on the way, the last being the owner's predecessor. Recursive: times it was sent. */
  readonly hops: number;
  /** Times that a node on the way was silent. */
  readonly timeouts: number;
  /** Times that a supposed owner was silent. */
  readonly ownerTimeouts: number;
  readonly ms: Millis;
  /** Empty for recursive lookups. */
  readonly path: readonly Hop<Id>[];
}

/** What a lookup needs of its node. */
export interface LookupNode<Id> {
  readonly space: IdSpace<Id>;
  readonly requests: Requests<Id>;
  readonly self: Peer<Id>;
  readonly confirms: boolean;
  /** Silent peers that one supplier may name in a row. */
  readonly silentMax: number;
  now(): Millis;
  accepts(peer: Peer<Id>): boolean;
  /** The node's own step, from its tables. */
  step(key: Id, avoid: readonly Address[]): Step<Id>;
  /** A peer did not answer. */
  onSilentPeer(address: Address): void;
  onLookupDone(lookup: Lookup<Id>, result: LookupResult<Id>): void;
}

const FIND = 0;
const CONFIRM = 1;

/** Peers asked in one lookup, silent ones included. */
const QUESTIONS_MAX = 2 * LIMITS.hopsMax;

export class Lookup<Id> implements Asker<Id> {
  readonly number: number;
  readonly key: Id;
  /** The last node that answered: on success the predecessor of the owner. Undefined while only we did. */
  last: Peer<Id> | undefined = undefined;
  private readonly node: LookupNode<Id>;
  private readonly startedAt: Millis;
  private readonly confirms: boolean;
  /** Those who answered, nearest to the key last. We ourselves stand below the first, unless a lookup starts elsewhere. */
  private readonly suppliers: Peer<Id>[] = [];
  private readonly startsHere: boolean;
  private readonly avoid: Address[] = [];
  private candidates: readonly Peer<Id>[] = [];
  private readonly path: Hop<Id>[] = [];
  private asking: Peer<Id> | undefined = undefined;
  private askedAt: Millis = 0;
  private isAskingAgain = false;
  /** Peers in a row that the last supplier named and that were silent. */
  private silent = 0;
  private questions = 0;
  private hops = 0;
  private timeouts = 0;
  private ownerTimeouts = 0;

  constructor(node: LookupNode<Id>, number: number, key: Id, confirms: boolean, startsHere: boolean) {
    this.node = node;
    this.number = number;
    this.key = key;
    this.confirms = confirms;
    this.startsHere = startsHere;
    this.startedAt = node.now();
  }

  /** Begins with the node's own tables. */
  begin(): void {
    this.follow(this.node.step(this.key, this.avoid), undefined);
  }

  /** Begins at a peer of which only the address is known. */
  beginAt(address: Address): void {
    this.ask({ id: this.key, address }, FIND);
  }

  onAnswer(tag: number, _from: Address, answer: Message<Id>): void {
    const asked = this.asking as Peer<Id>;
    if (tag === CONFIRM) {
      if (answer.kind === "pong") this.finish(asked);
      else this.onUselessOwner(asked);
      return;
    }
    if (answer.kind !== "found") {
      this.onUselessPeer(asked);
      return;
    }
    if (!this.isAskingAgain) {
      this.silent = 0;
      this.hops++;
      this.note(asked, this.node.now() - this.askedAt);
      this.suppliers.push(asked);
    }
    this.follow(answer, asked);
  }

  onSilence(tag: number, to: Address): void {
    const asked = this.asking as Peer<Id>;
    this.note(asked, undefined);
    this.node.onSilentPeer(to);
    if (tag === CONFIRM) {
      this.ownerTimeouts++;
      this.onUselessOwner(asked);
    } else {
      this.timeouts++;
      this.onUselessPeer(asked);
    }
  }

  private follow(step: Step<Id>, supplier: Peer<Id> | undefined): void {
    this.last = supplier;
    const known = step.peers.filter((peer) => !this.avoid.includes(peer.address) && this.node.accepts(peer));
    if (step.isOwner) {
      this.candidates = known;
      this.confirmNext();
      return;
    }
    // Only what is nearer counts, so that nobody can lead a lookup in circles. Of the first peer of a lookup that starts
    // elsewhere only the address is known.
    const isNearer = (peer: Peer<Id>): boolean =>
      supplier === undefined || this.isStart(supplier) || this.isBetween(supplier.id, peer.id);
    this.candidates = known.filter(
      (peer) => isNearer(peer) && !this.suppliers.some(({ address }) => address === peer.address),
    );
    this.findNext();
  }

  private findNext(): void {
    const next = this.candidates[0];
    if (next === undefined) {
      this.askSupplierAgain();
      return;
    }
    this.candidates = this.candidates.slice(1);
    this.isAskingAgain = false;
    if (next.address === this.node.self.address) this.follow(this.node.step(this.key, this.avoid), next);
    else this.ask(next, FIND);
  }

  /** Whoever named the silent ones may know others, now that it hears whom to leave out. */
  private askSupplierAgain(): void {
    const supplier = this.suppliers.at(-1);
    if (supplier !== undefined && !this.isAskingAgain) {
      this.isAskingAgain = true;
      this.ask(supplier, FIND);
      return;
    }
    if (supplier !== undefined) {
      // It knows nobody else.
      this.suppliers.pop();
      this.avoidPeer(supplier.address);
      this.isAskingAgain = false;
      this.askSupplierAgain();
      return;
    }
    if (!this.startsHere || this.isAskingAgain) {
      this.fail();
      return;
    }
    this.isAskingAgain = true;
    this.follow(this.node.step(this.key, this.avoid), undefined);
  }

  private confirmNext(): void {
    const owner = this.candidates[0];
    if (owner === undefined) {
      this.askSupplierAgain();
      return;
    }
    if (!this.confirms || owner.address === this.node.self.address) {
      this.finish(owner);
      return;
    }
    this.candidates = this.candidates.slice(1);
    this.ask(owner, CONFIRM);
  }

  private onUselessPeer(peer: Peer<Id>): void {
    this.avoidPeer(peer.address);
    if (this.isAskingAgain) {
      // The supplier itself fell silent.
      this.suppliers.pop();
      this.isAskingAgain = false;
      this.silent = 0;
    } else if (++this.silent >= this.node.silentMax && this.suppliers.length > 0) {
      // Whoever names nobody but the dead may do so on purpose.
      this.avoidPeer((this.suppliers.pop() as Peer<Id>).address);
      this.candidates = [];
      this.silent = 0;
    }
    this.findNext();
  }

  private onUselessOwner(peer: Peer<Id>): void {
    this.avoidPeer(peer.address);
    this.confirmNext();
  }

  private ask(peer: Peer<Id>, tag: number): void {
    if (++this.questions > QUESTIONS_MAX) {
      this.fail();
      return;
    }
    const { requests } = this.node;
    const token = requests.newToken();
    this.asking = peer;
    this.askedAt = this.node.now();
    const message: Message<Id> =
      tag === FIND ? { kind: "find", token, key: this.key, avoid: [...this.avoid] } : { kind: "ping", token };
    requests.ask(token, peer.address, message, this, tag);
  }

  private avoidPeer(address: Address): void {
    if (this.avoid.includes(address)) return;
    if (this.avoid.length === LIMITS.avoidMax) this.avoid.shift();
    this.avoid.push(address);
  }

  private note(peer: Peer<Id>, ms: Millis | undefined): void {
    if (this.path.length < QUESTIONS_MAX) this.path.push({ peer, ms });
  }

  private isStart(peer: Peer<Id>): boolean {
    return !this.startsHere && peer === this.suppliers[0];
  }

  /** Is `id` strictly inside (from, key)? */
  private isBetween(from: Id, id: Id): boolean {
    const { space } = this.node;
    const way = space.distance(from, id);
    if (!space.isLess(space.zero, way)) return false;
    return space.isEqual(from, this.key) || space.isLess(way, space.distance(from, this.key));
  }

  private finish(owner: Peer<Id>): void {
    this.end(owner, this.candidates);
  }

  private fail(): void {
    this.end(undefined, []);
  }

  private end(owner: Peer<Id> | undefined, followers: readonly Peer<Id>[]): void {
    this.node.onLookupDone(this, {
      number: this.number,
      key: this.key,
      owner,
      followers: followers.filter(({ address }) => address !== owner?.address),
      hops: this.hops,
      timeouts: this.timeouts,
      ownerTimeouts: this.ownerTimeouts,
      ms: this.node.now() - this.startedAt,
      path: this.path,
    });
  }
}
