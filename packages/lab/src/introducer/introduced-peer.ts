// A peer that finds its neighbours through an introducer and nobody else: the product's own newcomer, and links to those that were
// named. It stands for any network whose peers keep a few links; what they would say over them is left out.
import type { Address, Host, Link, StreamNode, StreamPort } from "@servent/overlay/host/host.ts";
import type { IntroducedPeer, Message, Request } from "@servent/overlay/protocols/introducer/messages.ts";
import { Newcomer, type Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";

/** It says that it takes calls, whether it does or not: to find that out is the introducer's business. */
export interface IntroducedPeerOptions {
  readonly network: string;
  readonly introducer: Address;
  /** In the lab an address is that of a peer, and its lower 16 bits are what stands for its port. */
  readonly port: number;
  /** Links that it looks for, and how many it takes in all. */
  readonly linksWanted: number;
  readonly linksMax: number;
  /** Peers that it asks for. */
  readonly count: number;
}

export interface IntroducedPeerEvents {
  onNamed(self: Address, peers: readonly IntroducedPeer[]): void;
}

const NEWCOMER = 0;
const LOOK_EVERY_MS = 10_000;

export class IntroducedPeerNode implements StreamNode<Message> {
  private readonly port: StreamPort<Message>;
  private readonly options: IntroducedPeerOptions;
  private readonly events: IntroducedPeerEvents;
  private readonly newcomer: Newcomer;
  /** Links to the introducer, with what is asked on each. */
  private readonly asking = new Map<Link, Request>();
  private readonly dialling = new Map<Link, Address>();
  private readonly neighbours = new Map<Link, Address>();
  /** Named, and not tried yet. */
  private untried: Address[] = [];
  private isStopped = false;

  constructor(host: Host, port: StreamPort<Message>, options: IntroducedPeerOptions, events: IntroducedPeerEvents) {
    this.port = port;
    this.options = options;
    this.events = events;
    this.newcomer = new Newcomer(
      host,
      { introducers: 1, timer: NEWCOMER, lookEveryMs: LOOK_EVERY_MS, count: options.count },
      {
        situation: () => this.situation(),
        send: (_introducer, request) => void this.asking.set(port.dial(options.introducer), request),
        onPeers: (peers) => this.onPeers(peers),
      },
    );
  }

  start(): void {
    this.newcomer.start();
  }

  /** Says goodbye to the introducer and hangs up. */
  stop(): void {
    this.isStopped = true;
    this.newcomer.stop();
    for (const link of [...this.neighbours.keys(), ...this.dialling.keys()]) this.port.close(link, "goodbye");
  }

  /** Addresses at the other end of its open links. */
  linked(): IterableIterator<Address> {
    return this.neighbours.values();
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    const request = this.asking.get(link);
    if (request !== undefined) {
      this.port.send(link, request);
      return;
    }
    // The introducer looks whether we are there, and hangs up by itself.
    if (remote === this.options.introducer) return;
    this.dialling.delete(link);
    if (inbound && (this.neighbours.size >= this.options.linksMax || this.isNeighbour(remote))) {
      this.port.close(link, "no room");
      return;
    }
    this.neighbours.set(link, remote);
  }

  onMessage(link: Link, message: Message): void {
    if (!this.asking.delete(link)) return;
    this.port.close(link, "answered");
    if (message.kind === "join" || message.kind === "leave" || message.kind === "ask") this.newcomer.onFailed(0);
    else this.newcomer.onAnswer(0, message);
  }

  onMalformed(link: Link): void {
    this.port.close(link, "malformed");
  }

  onWritable(_link: Link): void {}

  onClose(link: Link, _reason: string): void {
    if (this.asking.delete(link)) this.newcomer.onFailed(0);
    this.dialling.delete(link);
    this.neighbours.delete(link);
    this.dialMissing();
  }

  onTimer(timer: number): void {
    this.newcomer.onTimer(timer);
  }

  private situation(): Situation {
    const { network, port, linksWanted, linksMax } = this.options;
    const load = Math.min(100, Math.round((100 * this.neighbours.size) / linksMax));
    return {
      seeks: this.neighbours.size < linksWanted ? [network] : [],
      offer: { network, port, load },
      hasAddresses: this.untried.length > 0 || this.dialling.size > 0,
    };
  }

  private onPeers(peers: readonly IntroducedPeer[]): void {
    this.events.onNamed(this.port.self, peers);
    this.untried = peers.map(({ address }) => address);
    this.dialMissing();
  }

  private dialMissing(): void {
    while (!this.isStopped && this.neighbours.size + this.dialling.size < this.options.linksWanted) {
      const address = this.untried.shift();
      if (address === undefined) return;
      if (!this.isNeighbour(address) && address !== this.port.self) this.dialling.set(this.port.dial(address), address);
    }
  }

  private isNeighbour(address: Address): boolean {
    for (const each of this.neighbours.values()) if (each === address) return true;
    for (const each of this.dialling.values()) if (each === address) return true;
    return false;
  }
}
