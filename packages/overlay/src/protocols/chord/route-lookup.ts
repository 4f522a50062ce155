// One recursive lookup: it is sent into the ring once and its owner answers, or it is lost on the way and sent again.
import type { Address, Millis } from "../../host/host.ts";
import type { LookupResult } from "./lookup.ts";
import type { Message } from "./messages.ts";
import type { Asker } from "./requests.ts";

interface RouteNode<Id> {
  now(): Millis;
  onRouted(result: LookupResult<Id>): void;
}

export class RouteLookup<Id> implements Asker<Id> {
  private readonly node: RouteNode<Id>;
  private readonly number: number;
  private readonly key: Id;
  private readonly startedAt: Millis;

  constructor(node: RouteNode<Id>, number: number, key: Id) {
    this.node = node;
    this.number = number;
    this.key = key;
    this.startedAt = node.now();
  }

  /** Whoever owns the key answers: there is no address to hold it against, only the token. */
  onAnswer(_tag: number, from: Address, answer: Message<Id>): void {
    if (answer.kind === "arrived") this.end({ id: answer.id, address: from }, answer.hops);
  }

  onSilence(): void {
    this.end(undefined, 0);
  }

  private end(owner: LookupResult<Id>["owner"], hops: number): void {
    const { number, key, startedAt } = this;
    const ms = this.node.now() - startedAt;
    this.node.onRouted({ number, key, owner, followers: [], hops, timeouts: 0, ownerTimeouts: 0, ms, path: [] });
  }
}
