// Who is linked with us: dials, greetings and proofs, and which of two links between the same servers stays. It knows nothing of
// what is said over open links.
import { utf8Length } from "../../../base/bytes.ts";
import type { Address, Host, Link, Millis, StreamPort } from "../../../host/host.ts";
import { NONCE_BYTES, REASON_BYTES_MAX } from "./codec.ts";
import { MESH_LIMITS } from "./limits.ts";
import { MeshLink } from "./mesh-link.ts";
import type { Hello, MeshMessage, ServerId } from "./messages.ts";
import type { MeshOptions } from "./options.ts";
import { isProof, proofOf } from "./proof.ts";
import type { Servers } from "./servers.ts";
import { type Target, Targets } from "./targets.ts";

export interface HandshakeEvents {
  /** We may send over it. Whether the other side takes us too, its first heartbeat shows. */
  onOpen(link: MeshLink): void;
  /** It was open, and carries nothing more, in either direction. */
  onLost(link: MeshLink): void;
  onRefused(remote: Address, reason: string): void;
}

export class Handshakes {
  private readonly host: Host;
  private readonly port: StreamPort<MeshMessage>;
  private readonly options: MeshOptions;
  private readonly id: ServerId;
  private readonly known: Servers;
  private readonly events: HandshakeEvents;
  private readonly targets = new Targets();
  private readonly byLink: (MeshLink | undefined)[] = [];
  private running = true;

  constructor(
    host: Host,
    port: StreamPort<MeshMessage>,
    options: MeshOptions,
    id: ServerId,
    known: Servers,
    events: HandshakeEvents,
  ) {
    this.host = host;
    this.port = port;
    this.options = options;
    this.id = id;
    this.known = known;
    this.events = events;
    for (const address of options.servers) if (address !== options.address) this.targets.name(address);
  }

  stop(reason: string): void {
    this.running = false;
    for (const link of this.all()) this.close(link, reason);
  }

  get(link: Link): MeshLink | undefined {
    return this.byLink[link];
  }

  *open(): Generator<MeshLink> {
    for (const link of this.byLink) if (link?.phase === "open") yield link;
  }

  /** A server told us of another. */
  learn(address: Address, server: ServerId | undefined): void {
    if (address === this.options.address) return;
    if (this.targets.get(address) !== undefined || this.options.accepts(address)) this.targets.learn(address, server);
  }

  /** Dials servers named by hand that nobody knows as up, and others while links are missing: some of all, as chance has it. */
  dialMissing(): void {
    // What strangers began counts for nothing: they must not keep us from dialling.
    const links = [...this.all()].filter(({ phase, inbound }) => phase === "open" || (!inbound && phase !== "closing"));
    const linked = new Set(links.map(({ phase, theirs }) => (phase === "open" ? theirs?.id : undefined)));
    const due = this.targets.due(this.host.now()).filter(({ server }) => server === undefined || !linked.has(server));
    const isUrgent = (target: Target): boolean =>
      target.isNamed && (target.server === undefined || this.known.get(target.server) === undefined);
    const urgent = due.filter(isUrgent);
    const others = due.filter((target) => !isUrgent(target));
    let room = MESH_LIMITS.dialsPerBeat;
    for (; room > 0 && urgent.length > 0; room--) this.dial(this.takeAny(urgent));
    const missing = this.options.linksWanted - links.length;
    for (let left = Math.min(room, missing); left > 0 && others.length > 0; left--) this.dial(this.takeAny(others));
  }

  onOpen(number: Link, remote: Address, inbound: boolean): void {
    const now = this.host.now();
    if (inbound) {
      if (this.running) this.makeRoom();
      else this.port.close(number, "the server stops");
      this.byLink[number] = new MeshLink(number, remote, true, now);
      return;
    }
    const link = this.byLink[number];
    if (link?.phase !== "dialling") return;
    link.phase = "greeting";
    link.heardAt = now;
    link.ours = this.hello();
    this.port.send(number, link.ours);
  }

  /** Whatever is no message of an open link. */
  onMessage(link: MeshLink, message: MeshMessage): void {
    if (message.kind === "goodbye") {
      link.goodbye = message.reason;
      if (link.isProved) for (const address of message.others) this.learn(address, undefined);
      this.close(link, message.reason);
    } else if (message.kind === "hello" && link.phase === "greeting") this.onHello(link, message);
    else if (message.kind === "proof" && link.phase === "proving") this.onProof(link, message.code);
    else this.close(link, `${message.kind} out of turn`);
  }

  onClose(number: Link, reason: string): void {
    const link = this.byLink[number];
    if (link === undefined) return;
    this.byLink[number] = undefined;
    this.settle(link);
    link.goodbye ??= reason;
    if (link.phase === "open") this.leave(link);
    const isTold = !link.wasOpen && (!link.inbound || link.theirs !== undefined) && link.goodbye !== LINKED_TWICE;
    if (isTold && this.running) this.events.onRefused(link.remote, link.goodbye);
  }

  /** Ends open links that are silent for so long, and handshakes that take too long. */
  endSilent(silenceMs: Millis): void {
    const now = this.host.now();
    for (const link of this.all()) {
      if (link.phase === "open" && now - link.heardAt > silenceMs) this.close(link, NO_HEARTBEAT);
      else if (link.isPending && now > link.deadline) this.close(link, "the handshake took too long");
    }
  }

  /** Hangs up, and says why. */
  close(link: MeshLink, reason: string, others: readonly Address[] = []): void {
    if (link.phase === "closing") return;
    if (link.phase !== "dialling") this.port.send(link.link, { kind: "goodbye", reason: shorten(reason), others });
    this.port.close(link.link, reason);
    link.goodbye ??= reason;
    this.leave(link);
  }

  private leave(link: MeshLink): void {
    const wasOpen = link.phase === "open";
    link.phase = "closing";
    if (wasOpen) this.events.onLost(link);
  }

  private onHello(link: MeshLink, hello: Hello): void {
    link.theirs = hello;
    if (hello.id === this.id && !link.inbound) {
      this.targets.forget(link.remote);
      this.close(link, "that is ourselves");
      return;
    }
    link.phase = "proving";
    if (link.inbound) {
      link.ours = this.hello();
      this.port.send(link.link, link.ours);
    } else this.sendProof(link);
  }

  private onProof(link: MeshLink, code: Uint8Array): void {
    const { greetings } = link;
    const side = link.inbound ? "dialler" : "answerer";
    if (greetings === undefined || !isProof(code, this.options.key, side, greetings)) {
      this.close(link, "another key than this union's");
      return;
    }
    // Who dials proves first, so a stranger who dials gets nothing to guess the key by.
    if (link.inbound) this.sendProof(link);
    link.isProved = true;
    const problem = this.admissionProblem(link);
    if (problem !== undefined) {
      this.close(link, problem, link.inbound ? this.others() : []);
      return;
    }
    link.phase = "open";
    if (!link.inbound) this.targets.learn(link.remote, link.theirs?.id);
    this.events.onOpen(link);
  }

  private sendProof(link: MeshLink): void {
    const { greetings } = link;
    if (greetings === undefined) return;
    const code = proofOf(this.options.key, link.inbound ? "answerer" : "dialler", greetings);
    this.port.send(link.link, { kind: "proof", code });
  }

  /** Why a server that knows the key is not linked with all the same. */
  private admissionProblem(link: MeshLink): string | undefined {
    const { theirs } = link;
    if (theirs === undefined) return "no greeting";
    if (theirs.id === this.id) return "that is ourselves";
    if (!this.known.mayBeCalled(theirs.name, theirs.id, theirs.address)) {
      return `another server of this union is called ${theirs.name}`;
    }
    let links = 0;
    for (const other of this.open()) {
      links++;
      if (other.theirs?.id !== theirs.id) continue;
      if (this.staysBeside(link, other)) this.close(other, LINKED_TWICE);
      else return LINKED_TWICE;
      links--;
    }
    return links >= this.options.linksMax ? "all links are taken" : undefined;
  }

  /**
   * Both sides must keep the same of two links: the one that the server of the smaller id dialled, and of two that the same one
   * dialled the later, since it would not have dialled again while the first was good.
   */
  private staysBeside(later: MeshLink, earlier: MeshLink): boolean {
    if (later.inbound === earlier.inbound) return true;
    const theirs = later.theirs?.id ?? "";
    return later.inbound === theirs < this.id;
  }

  private hello(): Hello {
    const nonce = new Uint8Array(NONCE_BYTES);
    const view = new DataView(nonce.buffer);
    for (let at = 0; at < NONCE_BYTES; at += 4) view.setUint32(at, this.host.u32());
    const { name, address } = this.options;
    return { kind: "hello", name, id: this.id, nonce, address };
  }

  private dial(target: Target): void {
    target.isBusy = true;
    const number = this.port.dial(target.address);
    this.byLink[number] = new MeshLink(number, target.address, false, this.host.now());
  }

  /** When the other end is dialled next, if it may be. */
  private settle(link: MeshLink): void {
    const { inbound, theirs, goodbye, wasOpen } = link;
    const address = inbound ? theirs?.address : link.remote;
    const target = address === undefined ? undefined : this.targets.get(address);
    // A dial of ours to who has dialled us may be under way.
    if (target === undefined || (inbound && (target.isBusy || !wasOpen))) return;
    const now = this.host.now();
    const random = this.host.u32() / 2 ** 32;
    const isBroken = wasOpen && (goodbye === undefined || goodbye === LINKED_TWICE || goodbye === NO_HEARTBEAT);
    if (isBroken) this.targets.onLost(target, now, random);
    else if (!inbound) this.targets.onFailed(target, now, random);
  }

  /** Some of our neighbours, for who finds no room here. */
  private others(): Address[] {
    const addresses: Address[] = [];
    for (const { theirs } of this.open()) {
      if (theirs?.address !== undefined && addresses.length < MESH_LIMITS.othersMax) addresses.push(theirs.address);
    }
    return addresses;
  }

  /** The oldest handshake that somebody else began makes room for the next. */
  private makeRoom(): void {
    const pending = [...this.all()].filter((link) => link.inbound && link.isPending);
    if (pending.length < MESH_LIMITS.handshakesMax) return;
    const oldest = pending.reduce((first, link) => (link.deadline < first.deadline ? link : first));
    this.close(oldest, "too many handshakes");
  }

  private takeAny(targets: Target[]): Target {
    const [target] = targets.splice(this.host.u32() % targets.length, 1);
    return target as Target;
  }

  private *all(): Generator<MeshLink> {
    for (const link of this.byLink) if (link !== undefined) yield link;
  }
}

const LINKED_TWICE = "linked twice";
const NO_HEARTBEAT = "no heartbeat";

function shorten(reason: string): string {
  let short = reason.toWellFormed();
  while (utf8Length(short) > REASON_BYTES_MAX) short = short.slice(0, -1).toWellFormed();
  return short;
}
