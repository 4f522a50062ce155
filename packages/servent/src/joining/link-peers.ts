// Peers that announced themselves on the local link: who, as what, and until when. Bounded, and the oldest word goes first.
import { hostOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { LIMITS } from "./limits.ts";

export interface LinkPeer {
  readonly network: string;
  readonly address: Address;
  /** Of a clock that only goes forward, milliseconds. */
  readonly until: number;
}

export class LinkPeers {
  /** By network and address, the oldest announcement first. */
  private readonly peers = new Map<string, LinkPeer>();
  private readonly perHost = new Map<number, number>();

  get size(): number {
    return this.peers.size;
  }

  note(network: string, address: Address, now: number, ttlSeconds: number): void {
    const key = `${network} ${address}`;
    const isKnown = this.drop(key);
    if (ttlSeconds === 0) return;
    const host = hostOf(address);
    const ofHost = this.perHost.get(host) ?? 0;
    if (!isKnown && ofHost >= LIMITS.linkPeersPerHostMax) return;
    for (const oldest of this.peers.keys()) {
      if (this.peers.size < LIMITS.linkPeersMax) break;
      this.drop(oldest);
    }
    this.perHost.set(host, (this.perHost.get(host) ?? 0) + 1);
    this.peers.set(key, { network, address, until: now + 1000 * Math.min(ttlSeconds, LIMITS.linkTtlSeconds) });
  }

  /** Whether somebody at this address announced itself a while ago at most. */
  knows(address: Address, now: number): boolean {
    if (this.peers.size === 0) return false;
    for (const peer of this.peers.values()) if (peer.address === address && peer.until > now) return true;
    return false;
  }

  /** Of these networks. */
  of(networks: readonly string[], now: number): LinkPeer[] {
    return [...this.peers.values()].filter(({ network, until }) => until > now && networks.includes(network));
  }

  forgetOld(now: number): void {
    for (const [key, { until }] of this.peers) if (until <= now) this.drop(key);
  }

  clear(): void {
    this.peers.clear();
    this.perHost.clear();
  }

  private drop(key: string): boolean {
    const peer = this.peers.get(key);
    if (peer === undefined) return false;
    this.peers.delete(key);
    const host = hostOf(peer.address);
    const left = (this.perHost.get(host) ?? 1) - 1;
    if (left > 0) this.perHost.set(host, left);
    else this.perHost.delete(host);
    return true;
  }
}
