// From a dial, or a server's first words, to a proved link; and from a lost link to the next dial.
//
//   dialler                     answerer
//   10010 name nonce level  ->
//                           <-  10010 name nonce level
//                           <-  10011 proof             everything behind it is one zlib stream
//   10011 proof             ->                          likewise
import { ipv4Of } from "../../../base/ipv4.ts";
import type { Address, Host, Link, Millis, StreamPort } from "../../../host/host.ts";
import { splitFields } from "../fields.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { LINK_LIMITS } from "./limits.ts";
import type { PeerServer, TreeEvents, TreeOptions } from "./options.ts";
import { linkProof, newNonce } from "./proof.ts";
import { foldServer, type Tree } from "./tree.ts";
import { type LinkCounters, TreeLink } from "./tree-link.ts";

/** What we ask for; each side takes the smaller number, and a real level says no more than that there is one. */
const COMPRESSION_LEVEL = 6;

interface Target {
  readonly peer: PeerServer;
  link: TreeLink | undefined;
  due: Millis;
  delayMs: number;
}

export interface HandshakePlace {
  readonly host: Host;
  readonly port: StreamPort<Message>;
  /** Our own. */
  readonly name: string;
  readonly tree: Tree;
  readonly counters: LinkCounters;
}

export class Handshakes {
  private readonly place: HandshakePlace;
  private readonly events: TreeEvents;
  private readonly onLinked: (link: TreeLink) => void;
  private readonly peers = new Map<string, PeerServer>();
  private readonly targets = new Map<PeerServer, Target>();
  /** Not proved yet. */
  private readonly open = new Set<TreeLink>();

  constructor(place: HandshakePlace, options: TreeOptions, events: TreeEvents, onLinked: (link: TreeLink) => void) {
    this.place = place;
    this.events = events;
    this.onLinked = onLinked;
    for (const peer of options.peers.slice(0, LINK_LIMITS.peersMax)) {
      this.peers.set(foldServer(peer.name), peer);
      if (peer.isDialled) this.targets.set(peer, { peer, link: undefined, due: 0, delayMs: LINK_LIMITS.redialMs });
    }
  }

  /** Dials whom it is time to dial; answers the new links. Gives up those that take too long. */
  tick(): readonly TreeLink[] {
    const now = this.place.host.now();
    for (const link of this.open) {
      if (link.openedAt + LINK_LIMITS.handshakeMs <= now) this.refuse(link, "link failed: timeout");
    }
    const dialled: TreeLink[] = [];
    for (const target of this.targets.values()) {
      // Who can be reached through others is dialled when he no longer can.
      if (target.link !== undefined || target.due > now || this.place.tree.has(target.peer.name)) continue;
      target.link = this.make(this.place.port.dial(target.peer.address), target.peer, true);
      dialled.push(target.link);
    }
    return dialled;
  }

  /** A dialled link is open. */
  onOpen(link: TreeLink): void {
    if (link.phase.at === "dialling") this.greet(link);
  }

  /** The first message of a line from outside. Undefined: refused, and the line is closed. */
  accept(number: Link, remote: Address, { text }: Message): TreeLink | undefined {
    const [name = ""] = splitFields(text, 1);
    const peer = this.peers.get(foldServer(name));
    const problem = this.acceptProblem(name, remote, peer);
    if (peer === undefined || problem !== undefined) {
      this.place.counters.linksRefused++;
      this.place.port.send(number, { type: MESSAGE.loginError, text: problem ?? "" });
      this.place.port.close(number, problem ?? "");
      this.events.onLinkRefused(name.slice(0, LINK_LIMITS.serverNameCharsMax), problem ?? "");
      return undefined;
    }
    const link = this.make(number, peer, false);
    this.greet(link);
    this.onMessage(link, { type: MESSAGE.linkLogin, text });
    return link;
  }

  onMessage(link: TreeLink, { type, text }: Message): void {
    const { phase } = link;
    if (phase.at === "greeted" && type === MESSAGE.linkLogin) this.onGreeting(link, phase.nonce, text);
    else if (phase.at === "proving" && type === MESSAGE.linkPassword) this.onProof(link, phase.expected, text);
    else if (type === MESSAGE.loginError || type === MESSAGE.notice) this.refuse(link, text, false);
    else this.refuse(link, "link failed: invalid parameters");
  }

  onClose(link: TreeLink, reason: string): void {
    this.open.delete(link);
    const target = this.targets.get(link.peer);
    if (target?.link !== link) return;
    target.link = undefined;
    const { phase } = link;
    // A link that held was a good one: begin again. One that is refused each time is asked for ever more rarely.
    const held = phase.at === "linked" && this.place.host.now() - phase.since >= LINK_LIMITS.redialMaxMs;
    if (held) target.delayMs = LINK_LIMITS.redialMs;
    target.due = this.place.host.now() + target.delayMs / 2 + (this.place.host.u32() % target.delayMs);
    target.delayMs = Math.min(LINK_LIMITS.redialMaxMs, target.delayMs * 2);
    if (phase.at !== "linked" && phase.at !== "closing") this.events.onLinkRefused(link.name, reason);
  }

  private greet(link: TreeLink): void {
    const nonce = newNonce(this.place.host);
    link.phase = { at: "greeted", nonce };
    link.send(MESSAGE.linkLogin, `${this.place.name} ${nonce} ${COMPRESSION_LEVEL}`);
  }

  private onGreeting(link: TreeLink, ownNonce: string, text: string): void {
    const [name = "", nonce = "", level = ""] = splitFields(text, 3);
    if (foldServer(name) !== foldServer(link.name)) return this.refuse(link, `link failed: this is ${name}`);
    if (nonce === "" || nonce.length > LINK_LIMITS.nonceCharsMax || !/^\d$/.test(level)) {
      return this.refuse(link, "link failed: invalid parameters");
    }
    if (this.place.tree.has(name)) return this.refuse(link, "link failed: already linked");
    link.phase = { at: "proving", expected: linkProof(ownNonce, nonce, link.peer.theirPassword) };
    link.send(MESSAGE.linkPassword, linkProof(nonce, ownNonce, link.peer.ownPassword));
  }

  private onProof(link: TreeLink, expected: string, text: string): void {
    if (text !== expected) return this.refuse(link, "link failed: bad password");
    // While it proved itself it may have come by another way.
    if (this.place.tree.has(link.name)) return this.refuse(link, "link failed: already linked");
    this.open.delete(link);
    link.phase = { at: "linked", since: this.place.host.now() };
    this.place.counters.links++;
    this.onLinked(link);
  }

  private acceptProblem(name: string, remote: Address, peer: PeerServer | undefined): string | undefined {
    if (peer === undefined) return "link failed: not in servers file";
    if (ipv4Of(remote) !== ipv4Of(peer.address)) return `link failed: IP address does not match ${peer.name}`;
    if (this.place.tree.has(name)) return "link failed: already linked";
    const ours = this.targets.get(peer)?.link;
    // Both dial at once: the link that the server with the smaller name dialled stands, for both see it so.
    if (ours !== undefined && ours.phase.at !== "dialling" && foldServer(this.place.name) < foldServer(name)) {
      return "link failed: already linking";
    }
    if (ours !== undefined) this.refuse(ours, "link failed: already linking");
    if (this.open.size >= LINK_LIMITS.handshakesMax) return "link failed: too many links";
    return undefined;
  }

  private make(number: Link, peer: PeerServer, isDialled: boolean): TreeLink {
    const link = new TreeLink(this.place, number, peer, isDialled);
    this.open.add(link);
    return link;
  }

  private refuse(link: TreeLink, reason: string, isTold = true): void {
    this.place.counters.linksRefused++;
    const text = reason.slice(0, LINK_LIMITS.reasonCharsMax);
    this.open.delete(link);
    link.close(text, isTold && link.phase.at !== "dialling");
    this.events.onLinkRefused(link.name, text);
  }
}
