// A node that writes down what it hears, does what the test tells it to, and watches that nothing calls it while it works.
import type { Address, Host, Link, StreamNode, StreamPort } from "@servent/overlay/host/host.ts";
import type { TestMessage } from "./test-protocol.ts";

export type Heard =
  | { readonly at: "open"; readonly link: Link; readonly remote: Address; readonly inbound: boolean }
  | { readonly at: "message"; readonly link: Link; readonly message: TestMessage }
  | { readonly at: "malformed"; readonly link: Link }
  | { readonly at: "writable"; readonly link: Link }
  | { readonly at: "close"; readonly link: Link; readonly reason: string }
  | { readonly at: "timer"; readonly timer: number; readonly now: number };

/** What the node does on an input, besides writing it down. */
export type Deeds = Partial<StreamNode<TestMessage>>;

export class Recorder implements StreamNode<TestMessage> {
  readonly heard: Heard[] = [];
  /** Inputs that came while another was being handled. Must stay empty. */
  readonly reentered: string[] = [];
  deeds: Deeds = {};
  /** Kept along the way: tests ask at every tick, and searching all that was heard each time would take most of it. */
  private readonly items: number[] = [];
  private readonly counts = new Map<Heard["at"], number>();
  readonly host: Host;
  readonly port: StreamPort<TestMessage>;
  private busyWith = "";

  constructor(host: Host, port: StreamPort<TestMessage>) {
    this.host = host;
    this.port = port;
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    this.take({ at: "open", link, remote, inbound }, () => this.deeds.onOpen?.(link, remote, inbound));
  }

  onMessage(link: Link, message: TestMessage): void {
    this.take({ at: "message", link, message }, () => this.deeds.onMessage?.(link, message));
  }

  onMalformed(link: Link, problem: string): void {
    this.take({ at: "malformed", link }, () => this.deeds.onMalformed?.(link, problem));
  }

  onWritable(link: Link): void {
    this.take({ at: "writable", link }, () => this.deeds.onWritable?.(link));
  }

  onClose(link: Link, reason: string): void {
    this.take({ at: "close", link, reason }, () => this.deeds.onClose?.(link, reason));
  }

  onTimer(timer: number): void {
    this.take({ at: "timer", timer, now: this.host.now() }, () => this.deeds.onTimer?.(timer));
  }

  /** Runs code of the test as an input of its own: nothing may call the node meanwhile. */
  during(what: string, deed: () => void): void {
    this.busyWith = what;
    deed();
    this.busyWith = "";
  }

  /** All that was heard of one kind. */
  all<At extends Heard["at"]>(at: At): Extract<Heard, { at: At }>[] {
    return this.heard.filter((each): each is Extract<Heard, { at: At }> => each.at === at);
  }

  count(at: Heard["at"]): number {
    return this.counts.get(at) ?? 0;
  }

  /** The numbers of the items that arrived. */
  numbers(): readonly number[] {
    return this.items;
  }

  private take(heard: Heard, deed: () => void): void {
    if (this.busyWith !== "") this.reentered.push(`${heard.at} during ${this.busyWith}`);
    this.heard.push(heard);
    this.counts.set(heard.at, this.count(heard.at) + 1);
    if (heard.at === "message" && heard.message.kind === "item") this.items.push(heard.message.number);
    const before = this.busyWith;
    this.busyWith = heard.at;
    deed();
    this.busyWith = before;
  }
}
