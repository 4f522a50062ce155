// Recursive lookups that wait for their answer: each is sent into the ring once and the key's owner answers, or it is lost on the way
// and sent again. One table serves many nodes, as a table of pointers does, so that a million lookups leave no object behind; a lone
// servent has its own. All wait equally long, so those of a node are in the order of their deadlines.
import type { Address, Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import type { LookupResult } from "./lookup.ts";
import type { Message } from "./messages.ts";

/** Of a node: none is open. */
export const NO_ROUTE = -1;

/** How a lookup begins: the key is ours; somebody may know whose it is; we know. */
export const OWN = 0;
export const ON = 1;
export const LAST = 2;
export type Beginning = typeof OWN | typeof ON | typeof LAST;

export interface RoutingNode<Id> {
  readonly id: Id;
  readonly address: Address;
  /** Where its latest one stands in the table. The table's own, begins as NO_ROUTE. */
  lastRoute: number;
  /** How long one try waits, and how many there are. */
  readonly routeTimeoutMs: Millis;
  readonly routeTries: number;
  now(): Millis;
  u32(): number;
  send(to: Address, message: Message<Id>): void;
  /** Its one timer for all of them. */
  armRoute(delay: Millis): void;
  disarmRoute(): void;
  onRouted(result: LookupResult<Id>): void;
}

export class OpenRoutes<Id> {
  // Columns, one place for each lookup.
  private readonly tokens: number[] = [];
  private readonly numbers: number[] = [];
  private readonly keys: Id[] = [];
  private readonly targets: Address[] = [];
  private readonly beginnings: Beginning[] = [];
  private readonly startedAt: Millis[] = [];
  private readonly dueAt: Millis[] = [];
  private readonly triesLeft: number[] = [];
  /** The node's next one; behind its latest comes its oldest. Of a free place, the next free one. */
  private readonly next: number[] = [];
  private free = NO_ROUTE;

  /** May the node have no more? */
  isFull(node: RoutingNode<Id>): boolean {
    const last = node.lastRoute;
    if (last === NO_ROUTE) return false;
    let count = 1;
    for (let at = this.after(last); at !== last; at = this.after(at)) count++;
    return count >= LIMITS.requestsMax;
  }

  /** Sends a lookup on its way; `onRouted` follows, but not at once. */
  ask(node: RoutingNode<Id>, number: number, key: Id, to: Address, beginning: Beginning): void {
    const now = node.now();
    const token = this.newToken(node);
    if (node.lastRoute === NO_ROUTE) node.armRoute(node.routeTimeoutMs);
    const at = this.take();
    this.tokens[at] = token;
    this.numbers[at] = number;
    this.keys[at] = key;
    this.targets[at] = to;
    this.beginnings[at] = beginning;
    this.startedAt[at] = now;
    this.dueAt[at] = now + node.routeTimeoutMs;
    this.triesLeft[at] = node.routeTries - 1;
    this.append(node, at);
    this.send(node, at);
  }

  /** Whoever owns the key answers: there is no address to hold it against, only the token. */
  onArrived(node: RoutingNode<Id>, from: Address, token: number, id: Id, hops: number): void {
    const before = this.before(node, token);
    if (before === NO_ROUTE) return;
    const at = this.remove(node, before);
    if (node.lastRoute === NO_ROUTE) node.disarmRoute();
    this.end(node, at, { id, address: from }, hops);
  }

  onDeadline(node: RoutingNode<Id>): void {
    const now = node.now();
    const over: number[] = [];
    while (node.lastRoute !== NO_ROUTE) {
      const oldest = this.after(node.lastRoute);
      if ((this.dueAt[oldest] as Millis) > now) break;
      this.remove(node, node.lastRoute);
      if ((this.triesLeft[oldest] as number) <= 0) {
        over.push(oldest);
        continue;
      }
      this.triesLeft[oldest] = (this.triesLeft[oldest] as number) - 1;
      this.dueAt[oldest] = now + node.routeTimeoutMs;
      this.append(node, oldest);
      this.send(node, oldest);
    }
    if (node.lastRoute !== NO_ROUTE) node.armRoute((this.dueAt[this.after(node.lastRoute)] as Millis) - now);
    for (const at of over) this.end(node, at, undefined, 0);
  }

  /** Forgets all of a node. */
  cancel(node: RoutingNode<Id>): void {
    while (node.lastRoute !== NO_ROUTE) this.release(this.remove(node, node.lastRoute));
    node.disarmRoute();
  }

  private send(node: RoutingNode<Id>, at: number): void {
    const token = this.tokens[at] as number;
    const to = this.targets[at] as Address;
    const beginning = this.beginnings[at] as Beginning;
    if (beginning === OWN) {
      node.send(to, { kind: "arrived", token, id: node.id, hops: 0 });
      return;
    }
    const key = this.keys[at] as Id;
    node.send(to, { kind: "route", token, key, origin: node.address, hops: 1, isLast: beginning === LAST });
  }

  private end(node: RoutingNode<Id>, at: number, owner: LookupResult<Id>["owner"], hops: number): void {
    const number = this.numbers[at] as number;
    const key = this.keys[at] as Id;
    const ms = node.now() - (this.startedAt[at] as Millis);
    this.release(at);
    node.onRouted({ number, key, owner, followers: [], hops, timeouts: 0, ownerTimeouts: 0, ms, path: [] });
  }

  /** A token that no open lookup of the node has. */
  private newToken(node: RoutingNode<Id>): number {
    for (;;) {
      const token = node.u32();
      if (this.before(node, token) === NO_ROUTE) return token;
    }
  }

  /** The place before the one with this token. */
  private before(node: RoutingNode<Id>, token: number): number {
    const last = node.lastRoute;
    if (last === NO_ROUTE) return NO_ROUTE;
    let at = last;
    do {
      const next = this.after(at);
      if (this.tokens[next] === token) return at;
      at = next;
    } while (at !== last);
    return NO_ROUTE;
  }

  private after(at: number): number {
    return this.next[at] as number;
  }

  private append(node: RoutingNode<Id>, at: number): void {
    const last = node.lastRoute;
    this.next[at] = last === NO_ROUTE ? at : this.after(last);
    if (last !== NO_ROUTE) this.next[last] = at;
    node.lastRoute = at;
  }

  /** Takes the one behind `before` out of the node's. */
  private remove(node: RoutingNode<Id>, before: number): number {
    const at = this.after(before);
    if (at === before) node.lastRoute = NO_ROUTE;
    else {
      this.next[before] = this.after(at);
      if (node.lastRoute === at) node.lastRoute = before;
    }
    return at;
  }

  private take(): number {
    const at = this.free;
    if (at === NO_ROUTE) return this.tokens.length;
    this.free = this.after(at);
    return at;
  }

  private release(at: number): void {
    this.next[at] = this.free;
    this.free = at;
  }
}
