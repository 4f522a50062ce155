// An introducer over plain streams, as the lab runs it: one request on each, one answer, and the checks are dials of its own. The
// product answers the same requests over HTTP, with the same desk.
import type { Address, Host, Link, Millis, StreamNode, StreamPort } from "../../host/host.ts";
import { Desk, DESK_TIMER, type DeskOptions } from "./desk.ts";
import { LIMITS } from "./limits.ts";
import type { Message } from "./messages.ts";

interface Caller {
  readonly remote: Address;
  readonly since: Millis;
}

const DEADLINES = 0;
const DEADLINES_EVERY_MS = 1000;

export class IntroducerNode implements StreamNode<Message> {
  readonly desk: Desk;
  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  /** In the order in which they came. */
  private readonly callers = new Map<Link, Caller>();
  private readonly checks = new Map<Link, Caller>();

  constructor(host: Host, port: StreamPort<Message>, options: DeskOptions) {
    this.host = host;
    this.port = port;
    this.desk = new Desk(host, options, { check: (address) => this.check(address) });
  }

  start(): void {
    this.desk.start();
    this.host.arm(DEADLINES, DEADLINES_EVERY_MS);
  }

  stop(): void {
    this.desk.stop();
    this.host.disarm(DEADLINES);
    for (const link of [...this.callers.keys(), ...this.checks.keys()]) this.port.close(link, "the introducer stops");
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    if (!inbound) {
      this.endCheck(link, true);
      this.port.close(link, "checked");
      return;
    }
    const [oldest] = this.callers.keys();
    if (this.callers.size >= LIMITS.linksMax && oldest !== undefined) this.hangUp(oldest, "too many callers");
    this.callers.set(link, { remote, since: this.host.now() });
  }

  onMessage(link: Link, message: Message): void {
    const caller = this.callers.get(link);
    if (caller === undefined) return;
    const isRequest = message.kind === "join" || message.kind === "leave" || message.kind === "ask";
    if (!isRequest) {
      this.onMalformed(link, "an answer to nothing");
      return;
    }
    const answer = this.desk.answer(caller.remote, message);
    this.port.send(link, answer);
    this.hangUp(link, "answered");
  }

  onMalformed(link: Link, _problem: string): void {
    if (!this.callers.has(link)) return;
    this.port.send(link, { kind: "refused", reason: "malformed", againSeconds: 0 });
    this.hangUp(link, "malformed");
  }

  onWritable(_link: Link): void {}

  onClose(link: Link, _reason: string): void {
    this.callers.delete(link);
    this.endCheck(link, false);
  }

  onTimer(timer: number): void {
    if (timer === DESK_TIMER) {
      this.desk.onTimer(timer);
      return;
    }
    this.host.arm(DEADLINES, DEADLINES_EVERY_MS);
    const now = this.host.now();
    for (const [link, { since }] of this.callers) if (now - since > LIMITS.linkMs) this.hangUp(link, "too slow");
    for (const [link, { since }] of this.checks) {
      if (now - since <= LIMITS.checkMs) continue;
      this.endCheck(link, false);
      this.port.close(link, "no answer");
    }
  }

  private check(address: Address): void {
    this.checks.set(this.port.dial(address), { remote: address, since: this.host.now() });
  }

  private endCheck(link: Link, isThere: boolean): void {
    const check = this.checks.get(link);
    if (check === undefined) return;
    this.checks.delete(link);
    this.desk.checked(check.remote, isThere);
  }

  private hangUp(link: Link, reason: string): void {
    this.callers.delete(link);
    this.port.close(link, reason);
  }
}
