// Chord with Zave's repairs (arXiv 1502.06461): lists of full length from the first moment of membership, and no pointer to a
// node that has not just answered. While a change of the own list is under way, questions about it wait.
import type { Address } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import type { Message, Peer } from "./messages.ts";
import { FIRST_OWN_TAG, type Neighbours, Upkeep } from "./upkeep.ts";

const JOIN_PREDECESSOR = FIRST_OWN_TAG;
const JOIN_HEAD = FIRST_OWN_TAG + 1;
const HEAD = FIRST_OWN_TAG + 2;
/** The head's predecessor, which may be a better head. */
const BETTER_HEAD = FIRST_OWN_TAG + 3;
/** Somebody behind our predecessor notified us: is the predecessor still there? */
const RECTIFY = FIRST_OWN_TAG + 4;

interface Question {
  readonly from: Address;
  readonly token: number;
}

export class RepairedUpkeep<Id> extends Upkeep<Id> {
  isChanging = false;
  private waiting: Question[] | null = null;
  /** Who notified us while our predecessor is in doubt. */
  private notifier: Peer<Id> | undefined = undefined;
  /** The head that is asked, while a round is under way. */
  private asked: Peer<Id> | undefined = undefined;

  onAskNeighbours(from: Address, token: number): void {
    if (this.phase !== "member") return;
    if (!this.isChanging) {
      this.sendNeighbours(from, token);
      return;
    }
    this.waiting ??= [];
    if (this.waiting.length >= LIMITS.questionsMax) return;
    this.waiting.push({ from, token });
    this.node.send(from, { kind: "busy", token });
  }

  onNotify(from: Peer<Id>): void {
    if (this.phase !== "member" || !this.node.accepts(from)) return;
    const { routes, row, self } = this.node;
    const predecessor = routes.predecessor(row);
    if (predecessor?.address === from.address) return;
    if (
      predecessor === undefined ||
      predecessor.address === self.address ||
      this.isBetween(from.id, predecessor.id, self.id)
    ) {
      this.adoptPredecessor(from);
      return;
    }
    // One question is enough, however many say so: the last of them takes the place if the predecessor is gone.
    const isAsked = this.notifier !== undefined;
    this.notifier = from;
    if (!isAsked) this.ask(predecessor.address, RECTIFY, "ping");
  }

  onAnswer(tag: number, from: Address, answer: Message<Id>): void {
    if (this.onCommonAnswer(tag, from, answer)) return;
    if (tag === RECTIFY) {
      this.notifier = undefined;
      return;
    }
    if (answer.kind !== "neighbours") {
      // Busy for too long: the next round asks again.
      if (tag === JOIN_PREDECESSOR || tag === JOIN_HEAD) this.joinFailed();
      else this.endRound(undefined);
      return;
    }
    const peer = { id: answer.id, address: from };
    if (!this.node.accepts(peer)) {
      this.onSilence(tag, from);
      return;
    }
    if (tag === JOIN_PREDECESSOR) this.askHead(answer);
    else if (tag === JOIN_HEAD) {
      this.take(peer, answer);
      this.isChanging = false;
      this.enter();
      this.node.send(from, { kind: "notify", id: this.node.self.id });
    } else this.onHead(tag, peer, answer);
  }

  onSilence(tag: number, to: Address): void {
    if (this.onCommonSilence(tag, to)) return;
    switch (tag) {
      case RECTIFY: {
        const { notifier } = this;
        this.notifier = undefined;
        this.node.forget(to);
        if (notifier !== undefined) this.adoptPredecessor(notifier);
        break;
      }
      case HEAD:
        this.isChanging = false;
        this.node.forget(to);
        this.stabilize();
        break;
      case BETTER_HEAD:
        this.endRound(this.asked);
        break;
      default:
        this.joinFailed();
    }
  }

  protected stabilize(): void {
    if (this.phase !== "member" || this.isChanging) return;
    const { routes, row, self } = this.node;
    // We stay a member meanwhile: who counts on us must not lose us too.
    if (routes.successors(row).length === 0) routes.setSuccessors(row, this.others());
    const head = routes.successors(row)[0];
    if (head === undefined) {
      this.rejoin();
      return;
    }
    if (head.address === self.address) {
      const predecessor = routes.predecessor(row);
      if (predecessor !== undefined && predecessor.address !== self.address) this.askBetter(predecessor);
      return;
    }
    this.asked = head;
    this.isChanging = true;
    this.ask(head.address, HEAD, "ask-neighbours");
  }

  protected onPlaceFound(predecessor: Address): void {
    this.isChanging = true;
    this.ask(predecessor, JOIN_PREDECESSOR, "ask-neighbours");
  }

  protected onBetterHead(peer: Peer<Id>): void {
    if (this.isChanging) return;
    this.asked = this.node.routes.successors(this.node.row)[0];
    this.askBetter(peer);
  }

  protected reset(): void {
    this.isChanging = false;
    this.waiting = null;
    this.notifier = undefined;
    this.asked = undefined;
  }

  /** The predecessor of a joiner has told its list: the head of that follows the joiner, unless somebody was faster. */
  private askHead({ id, successors }: Neighbours<Id>): void {
    const { self } = this.node;
    const head = successors.find((peer) => peer.address !== self.address && this.node.accepts(peer));
    if (head === undefined) this.joinFailed();
    // It joined between the predecessor and us since we looked: so it is our predecessor. Each of these is nearer.
    else if (this.isBetween(head.id, id, self.id)) this.ask(head.address, JOIN_PREDECESSOR, "ask-neighbours");
    else this.ask(head.address, JOIN_HEAD, "ask-neighbours");
  }

  private onHead(tag: number, head: Peer<Id>, answer: Neighbours<Id>): void {
    const { self } = this.node;
    this.take(head, answer);
    const { predecessor } = answer;
    const isBetter =
      tag === HEAD &&
      predecessor !== undefined &&
      predecessor.address !== self.address &&
      this.node.accepts(predecessor) &&
      this.isBetween(predecessor.id, self.id, head.id);
    if (isBetter) {
      this.asked = head;
      this.askBetter(predecessor);
    } else this.endRound(head);
  }

  private askBetter(peer: Peer<Id>): void {
    this.isChanging = true;
    this.ask(peer.address, BETTER_HEAD, "ask-neighbours");
  }

  private take(head: Peer<Id>, { successors }: Neighbours<Id>): void {
    const { routes, row } = this.node;
    routes.setSuccessors(row, [head, ...successors.filter((peer) => this.node.accepts(peer))]);
  }

  /** Notifies the head, and answers whoever had to wait. */
  private endRound(head: Peer<Id> | undefined): void {
    this.isChanging = false;
    this.asked = undefined;
    const { waiting } = this;
    this.waiting = null;
    for (const { from, token } of waiting ?? []) this.sendNeighbours(from, token);
    if (head !== undefined && head.address !== this.node.self.address) {
      this.node.send(head.address, { kind: "notify", id: this.node.self.id });
    }
  }
}
