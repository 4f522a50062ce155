// Chord as published (Stoica et al. 2001 and 2003), kept to show what is wrong with it: a joiner starts with a list of one, and
// pointers are adopted on somebody's word. Zave's counter-examples break rings of this version; see repaired-upkeep.ts.
import type { Address } from "../../host/host.ts";
import type { Message, Peer } from "./messages.ts";
import { FIRST_OWN_TAG, Upkeep } from "./upkeep.ts";

const HEAD = FIRST_OWN_TAG;

export class OriginalUpkeep<Id> extends Upkeep<Id> {
  isChanging = false;

  onAskNeighbours(from: Address, token: number): void {
    if (this.phase === "member") this.sendNeighbours(from, token);
  }

  onNotify(from: Peer<Id>): void {
    if (this.phase !== "member" || !this.node.accepts(from)) return;
    const { routes, row, self } = this.node;
    const predecessor = routes.predecessor(row);
    if (predecessor === undefined || this.isBetween(from.id, predecessor.id, self.id)) this.setPredecessor(from);
  }

  onAnswer(tag: number, from: Address, answer: Message<Id>): void {
    if (this.onCommonAnswer(tag, from, answer)) return;
    this.isChanging = false;
    const { routes, row, self } = this.node;
    if (answer.kind !== "neighbours" || !this.node.accepts({ id: answer.id, address: from })) return;
    const list = [{ id: answer.id, address: from }, ...answer.successors];
    const { predecessor } = answer;
    // Adopted unseen: it may be gone long since.
    if (predecessor !== undefined && this.node.accepts(predecessor)) {
      if (this.isBetween(predecessor.id, self.id, answer.id)) list.unshift(predecessor);
    }
    routes.setSuccessors(row, list);
    const head = list[0] as Peer<Id>;
    if (head.address !== self.address) this.node.send(head.address, { kind: "notify", id: self.id });
  }

  onSilence(tag: number, to: Address): void {
    if (this.onCommonSilence(tag, to)) return;
    this.isChanging = false;
    this.node.forget(to);
    this.stabilize();
  }

  protected stabilize(): void {
    if (this.phase !== "member" || this.isChanging) return;
    const { routes, row, self } = this.node;
    const head = routes.successors(row)[0];
    // What to do when the last successor is gone, the papers do not say.
    if (head === undefined) return;
    if (head.address === self.address) {
      const predecessor = routes.predecessor(row);
      if (predecessor === undefined || predecessor.address === self.address) return;
      routes.setSuccessors(row, [predecessor]);
      this.node.send(predecessor.address, { kind: "notify", id: self.id });
      return;
    }
    this.isChanging = true;
    this.ask(head.address, HEAD, "ask-neighbours");
  }

  protected onPlaceFound(_predecessor: Address, followers: readonly Peer<Id>[]): void {
    const { routes, row, self } = this.node;
    const head = followers.find(({ address }) => address !== self.address);
    if (head === undefined) {
      this.joinFailed();
      return;
    }
    routes.setSuccessors(row, [head]);
    this.enter();
  }

  protected onBetterHead(peer: Peer<Id>): void {
    this.node.routes.setSuccessors(this.node.row, [peer]);
  }

  protected reset(): void {
    this.isChanging = false;
  }
}
