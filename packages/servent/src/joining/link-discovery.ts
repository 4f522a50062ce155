// Finds peers on the same local link without any server, by multicast DNS, and lets them find us. Only where the owner says so: it
// tells everybody on the link that a servent runs here. Whoever speaks is believed about himself alone: a peer's address is the one
// that the packet came from, and it must be of the link.
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { endpointOf as addressAt, formatIpv4, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Offer } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { type AddressBlock, addressFrom, endpointOf, isInBlock, parseBlock } from "../runtime/address.ts";
import type { Joiner } from "./joining.ts";
import { LinkPeers } from "./link-peers.ts";
import { announcedIn, announcement, type LinkRecord, serviceType } from "./link-records.ts";
import { type LinkEars, type LinkVoice, openVoice } from "./link-voice.ts";
import { LIMITS } from "./limits.ts";

export interface LinkDiscoveryOptions {
  readonly networks: readonly Joiner[];
  /** Address of ours on the only link to speak on, in digits; undefined: on all of them. */
  readonly localAddress: () => string | undefined;
  readonly mayDial: (address: Address) => boolean;
  /** Our interfaces, and multicast DNS on one of them; those of this machine where absent. */
  readonly places?: () => readonly Place[];
  readonly open?: (address: string, ears: LinkEars) => LinkVoice;
}

/** An address of ours, and the block that can be reached from it without any router. */
export interface Place {
  readonly address: string;
  readonly block: AddressBlock;
}

/** One of our interfaces. */
interface Link extends Place {
  readonly voice: LinkVoice;
  packetsLeft: number;
  answersLeft: number;
}

/** More interfaces than a computer at home has. */
const LINKS_MAX = 8;
/** What our services are called: by lot and anew at each start, so that nobody is followed by it. */
const NAME_BYTES = 6;

export class LinkDiscovery {
  private readonly options: LinkDiscoveryOptions;
  private readonly peers = new LinkPeers();
  private readonly name = randomBytes(NAME_BYTES).toString("hex");
  /** When a peer was last named to its network. */
  private named = new Map<string, number>();
  private links: readonly Link[] = [];
  private timers: readonly NodeJS.Timeout[] = [];
  /** What was announced, to be taken back. */
  private offers: readonly Offer[] = [];
  private announcedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LinkDiscoveryOptions) {
    this.options = options;
  }

  start(): void {
    if (this.timers.length > 0) return;
    this.timers = [
      setInterval(() => this.look(), LIMITS.linkLookMs).unref(),
      setInterval(() => this.refill(), 1000).unref(),
    ];
    this.look();
  }

  /** Says goodbye; resolves when the sockets are closed. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    const { links, offers } = this;
    this.links = [];
    this.offers = [];
    this.announcedAt = Number.NEGATIVE_INFINITY;
    this.peers.clear();
    this.named.clear();
    await Promise.all(
      links.map(async (link) => {
        await send(link, this.records(link, offers, 0));
        await link.voice.close();
      }),
    );
  }

  /** Whether this peer announced itself on a link of ours a moment ago. */
  knows(address: Address): boolean {
    return this.peers.knows(address, performance.now());
  }

  private open({ address, block }: Place): Link {
    const ears: LinkEars = {
      onRecords: (from, records) => {
        if (this.accepts(link, from)) this.onRecords(link, from, records);
      },
      onQuestions: (from, names) => {
        if (this.accepts(link, from)) this.onQuestions(link, names);
      },
    };
    const link: Link = {
      address,
      block,
      voice: (this.options.open ?? openVoice)(address, ears),
      packetsLeft: LIMITS.linkPacketsPerSecond,
      answersLeft: LIMITS.linkAnswersPerSecond,
    };
    return link;
  }

  /** Counts the packet, and says whether its sender is on this link. */
  private accepts(link: Link, from: string): boolean {
    const address = addressFrom(from, 0);
    if (address === undefined || !isInBlock(address, link.block) || link.packetsLeft <= 0) return false;
    link.packetsLeft--;
    return true;
  }

  private onRecords(link: Link, from: string, records: readonly LinkRecord[]): void {
    const ip = parseIpv4(from);
    if (ip === undefined) return;
    for (const { network, port, ttlSeconds } of announcedIn(records)) {
      const isOurs = from === link.address && this.offers.some((offer) => offer.port === port);
      if (!isOurs) this.peers.note(network, addressAt(ip, port), performance.now(), ttlSeconds);
    }
    this.introduce();
  }

  private onQuestions(link: Link, names: readonly string[]): void {
    const asked = this.offers.filter(({ network }) =>
      names.slice(0, LIMITS.linkRecordsMax).some((name) => name.toLowerCase() === serviceType(network)),
    );
    if (asked.length === 0 || link.answersLeft <= 0) return;
    link.answersLeft--;
    void send(link, this.records(link, asked, LIMITS.linkTtlSeconds));
  }

  private look(): void {
    const now = performance.now();
    this.peers.forgetOld(now);
    this.followInterfaces();
    this.announceChanges(now);
    this.introduce();
  }

  /** A cable is pulled, another wireless network joined: speaks on the links that there are now. */
  private followInterfaces(): void {
    const places = this.options.places?.() ?? placesOf(this.options.localAddress());
    const isSame = (link: Link, place: Place): boolean =>
      link.address === place.address && link.block.base === place.block.base && link.block.bits === place.block.bits;
    const kept = this.links.filter((link) => places.some((place) => isSame(link, place)));
    const fresh = places.filter((place) => !kept.some((link) => isSame(link, place)));
    for (const link of this.links) if (!kept.includes(link)) void link.voice.close();
    if (fresh.length === 0 && kept.length === this.links.length) return;
    this.links = [...kept, ...fresh.map((place) => this.open(place))];
    this.announcedAt = Number.NEGATIVE_INFINITY;
  }

  private announceChanges(now: number): void {
    const offers = this.options.networks.flatMap((network) => network.introductions?.().offer ?? []);
    const text = (list: readonly Offer[]): string => list.map(({ network, port }) => `${network}:${port}`).join(" ");
    const gone = this.offers.filter(
      (old) => !offers.some(({ network, port }) => network === old.network && port === old.port),
    );
    const isChanged = text(offers) !== text(this.offers);
    this.offers = offers;
    if (!isChanged && now - this.announcedAt < LIMITS.linkAnnounceMs) return;
    this.announcedAt = now;
    for (const link of this.links) {
      void send(link, this.records(link, gone, 0));
      void send(link, this.records(link, offers, LIMITS.linkTtlSeconds));
    }
    this.ask();
  }

  /** Who is there? */
  private ask(): void {
    const types = new Set(this.options.networks.map(({ id }) => serviceType(id)));
    for (const { voice } of this.links) voice.ask([...types]);
  }

  private introduce(): void {
    const now = performance.now();
    for (const network of this.options.networks) {
      const seeks = network.introductions?.().seeks ?? [];
      const fresh = this.peers.of(seeks, now).filter((peer) => {
        const last = this.named.get(`${peer.network} ${peer.address}`) ?? Number.NEGATIVE_INFINITY;
        return now - last >= LIMITS.linkAgainMs && this.options.mayDial(peer.address);
      });
      if (fresh.length === 0) continue;
      for (const peer of fresh) this.named.set(`${peer.network} ${peer.address}`, now);
      network.introduce?.(
        fresh.map((peer) => ({
          network: peer.network,
          endpoint: endpointOf(peer.address),
        })),
      );
    }
  }

  private records(link: Link, offers: readonly Offer[], ttlSeconds: number): LinkRecord[] {
    return offers.flatMap((offer) => announcement(this.name, link.address, offer, ttlSeconds));
  }

  private refill(): void {
    for (const link of this.links) {
      link.packetsLeft = LIMITS.linkPacketsPerSecond;
      link.answersLeft = LIMITS.linkAnswersPerSecond;
    }
    const oldest = performance.now() - LIMITS.linkAgainMs;
    for (const [key, at] of this.named) if (at < oldest) this.named.delete(key);
  }
}

function send({ voice }: Link, records: readonly LinkRecord[]): Promise<void> {
  return records.length === 0 ? Promise.resolve() : voice.say(records);
}

/** Our interfaces with what lies on them; the loop only where it is the one that was named. */
function placesOf(localAddress: string | undefined): Place[] {
  const found = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ family, internal, address, cidr }) => {
      const block = family === "IPv4" && cidr !== null ? blockOf(cidr) : undefined;
      if (block === undefined) return [];
      return (localAddress === undefined ? !internal : address === localAddress) ? { address, block } : [];
    }),
  );
  return found.slice(0, LINKS_MAX);
}

/** `192.168.1.7/24` as the block that it lies in. */
function blockOf(cidr: string): AddressBlock | undefined {
  const [host = "", bits = ""] = cidr.split("/");
  const ip = parseIpv4(host);
  if (ip === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  return parseBlock(`${formatIpv4(Math.floor(ip / size) * size)}/${bits}`);
}
