// What a daemon does to find its first peers, and to be found: asks the introducers that its owner named while a network looks for
// peers, tells them where that network takes calls, and passes on what they say, through the rule about whom we dial.
import type { Address } from "@servent/overlay/host/host.ts";
import { LIMITS as PROTOCOL } from "@servent/overlay/protocols/introducer/limits.ts";
import type { IntroducedPeer, Request } from "@servent/overlay/protocols/introducer/messages.ts";
import { Newcomer, NOTHING_SOUGHT } from "@servent/overlay/protocols/introducer/newcomer.ts";
import type { Network, NetworkId } from "../networks/network.ts";
import { endpointOf } from "../runtime/address.ts";
import { SocketHost } from "../runtime/socket-host.ts";
import { IntroducerClient } from "./introducer-client.ts";
import { introducerUrl } from "./introducer-url.ts";
import { LIMITS } from "./limits.ts";

/** What has peers, or is to be found by some. */
export type Joiner = Pick<Network, "id" | "introductions" | "introduce">;

export interface JoiningOptions {
  /** All that exist, whether on or off. */
  readonly networks: readonly Joiner[];
  /** As the settings have them. */
  readonly introducers: readonly string[];
  readonly userAgent: string;
  /** Address that we connect from, in digits; undefined: any. */
  readonly localAddress: () => string | undefined;
  readonly mayDial: (address: Address) => boolean;
}

export class Joining {
  private readonly options: JoiningOptions;
  private introducers: readonly string[];
  private session: Session | undefined = undefined;

  constructor(options: JoiningOptions) {
    this.options = options;
    this.introducers = options.introducers;
  }

  start(): void {
    this.session ??= this.open();
  }

  /** Says goodbye to the introducers; waits for them, but not long. */
  async stop(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.close();
  }

  /** Other introducers are asked from now on. */
  async configure(introducers: readonly string[]): Promise<void> {
    if (introducers.join(" ") === this.introducers.join(" ")) return;
    this.introducers = introducers;
    const { session } = this;
    await session?.close();
    // Meanwhile it may have been stopped, or been given others still.
    if (session !== undefined && this.session === session) this.session = this.open();
  }

  /** In words, what came of the introducers for this network; undefined where there is nothing to say. */
  told(id: NetworkId): string | undefined {
    if (this.introducers.length === 0) {
      return "No introducer is named: `servent config set introducers URL` names one that knows who is there.";
    }
    return this.session?.told(id);
  }

  private open(): Session {
    const urls = new Set(this.introducers.flatMap((text) => introducerUrl(text) ?? []));
    const session = new Session(this.options, [...urls].slice(0, PROTOCOL.introducersMax));
    session.start();
    return session;
  }
}

/** The same introducers all the time. */
class Session {
  private readonly options: JoiningOptions;
  private readonly host = new SocketHost();
  private readonly clients: readonly IntroducerClient[];
  private readonly newcomers = new Map<NetworkId, Newcomer>();
  private readonly underway = new Set<Promise<void>>();
  private problem = "";

  constructor(options: JoiningOptions, urls: readonly string[]) {
    this.options = options;
    const { userAgent, localAddress, mayDial } = options;
    this.clients = urls.map((url) => new IntroducerClient({ url, userAgent, localAddress, mayDial }));
    const networks =
      urls.length === 0 ? [] : options.networks.filter(({ introductions }) => introductions !== undefined);
    for (const [timer, network] of networks.entries()) this.newcomers.set(network.id, this.newcomer(network, timer));
    const byTimer = [...this.newcomers.values()];
    this.host.attach({ onTimer: (timer) => byTimer[timer]?.onTimer(timer) });
  }

  start(): void {
    for (const newcomer of this.newcomers.values()) newcomer.start();
  }

  async close(): Promise<void> {
    for (const newcomer of this.newcomers.values()) newcomer.stop();
    this.host.stop();
    const late = new Promise((resolve) => setTimeout(resolve, LIMITS.farewellMs).unref());
    await Promise.race([Promise.all(this.underway), late]);
  }

  told(id: NetworkId): string | undefined {
    const newcomer = this.newcomers.get(id);
    if (newcomer === undefined) return undefined;
    const { answers, peers, failures } = newcomer.counts;
    const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
    const asked = `Introducers (${this.clients.map(({ url }) => url).join(", ")}) answered ${many(answers, "time")} and named ${many(peers, "peer")}.`;
    const unreached = newcomer.reachable === "no" ? " They could not connect to us, so they send nobody here." : "";
    return failures === 0
      ? `${asked}${unreached}`
      : `${asked}${unreached} ${many(failures, "time")} none came: ${this.problem}.`;
  }

  private newcomer(network: Joiner, timer: number): Newcomer {
    const newcomer = new Newcomer(
      this.host,
      {
        introducers: this.clients.length,
        timer,
        lookEveryMs: LIMITS.lookEveryMs,
        count: LIMITS.peersWanted,
      },
      {
        situation: () => network.introductions?.() ?? NOTHING_SOUGHT,
        send: (introducer, request) => this.send(newcomer, introducer, request),
        onPeers: (peers) => this.introduce(network, peers),
      },
    );
    return newcomer;
  }

  private send(newcomer: Newcomer, introducer: number, request: Request): void {
    const client = this.clients[introducer];
    if (client === undefined) return;
    const sent = client
      .send(request)
      .then(
        (answer) => newcomer.onAnswer(introducer, answer),
        (error: unknown) => {
          this.problem = `${client.url}: ${error instanceof Error ? error.message : String(error)}`;
          newcomer.onFailed(introducer);
        },
      )
      .finally(() => this.underway.delete(sent));
    this.underway.add(sent);
  }

  private introduce(network: Joiner, peers: readonly IntroducedPeer[]): void {
    const usable = peers.filter(({ address }) => this.options.mayDial(address));
    if (usable.length > 0)
      network.introduce?.(usable.map((peer) => ({ network: peer.network, endpoint: endpointOf(peer.address) })));
  }
}
