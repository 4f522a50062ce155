// What the HTTP API needs of the daemon. The daemon composes it from its parts; tests make one by hand. Types only.
import type { Settings } from "../config/settings.ts";
import type { ProfilePaths } from "../daemon/profile.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { IndexServerReport } from "../napster-server/server-switch.ts";
import type { Library } from "../library/library.ts";
import type { Log } from "../log/log.ts";
import type { Dht, Endpoint, NeighbourInfo, NetworkId, NetworkStatus } from "../networks/network.ts";
import type { Searches } from "../search/search.ts";
import type { TransferRequest, Transfers, Why } from "../transfers/transfer.ts";

export interface App {
  readonly version: string;
  readonly profile: string;
  readonly demo: boolean;
  /** RFC 3339 UTC. */
  readonly startedAt: string;
  readonly paths: ProfilePaths;
  readonly events: EventBus;
  readonly settings: Settings;
  readonly library: Library;
  readonly transfers: Transfers;
  readonly searches: Searches;
  readonly networks: NetworkControl;
  readonly limits: LimitControl;
  readonly log: Log;
  /** The index server of this daemon; null: it is off. */
  indexServer(): IndexServerReport | null;
  /** Looks at ports, disk, clock, configuration and reachability. Bounded in time by itself. */
  doctor(): Promise<readonly DoctorCheck[]>;
  /** What a URN, a magnet or a link asks for. Throws ServentError `invalid_value`. */
  parseLink(text: string): TransferRequest;
  /** Starts the end of the daemon and returns at once; the answer to the request still goes out. */
  shutdown(): void;
}

/**
 * The networks that exist, on or off. A change is remembered in the settings (`network.<id>.…`).
 * Unknown networks and peers throw ServentError `not_found`; a network that is off and must be on, `network_off`.
 */
export interface NetworkControl {
  list(): readonly NetworkStatus[];
  status(id: NetworkId): NetworkStatus;
  isEnabled(id: NetworkId): boolean;
  /** Resolves once it listens; going online goes on behind that, told by `network.state`. */
  enable(id: NetworkId): Promise<void>;
  disable(id: NetworkId): Promise<void>;
  /** Throws ServentError `invalid_value` for a role that the network does not have. */
  setRole(id: NetworkId, role: string): Promise<void>;
  /** How many neighbours to keep. */
  setLinks(id: NetworkId, links: number): Promise<void>;
  /** Adds first neighbours to ask, now and after a restart, as the setting takes them. Throws ServentError `invalid_value`. */
  bootstrap(id: NetworkId, entries: readonly string[]): void;
  why(id: NetworkId): Why;
  /** Throws ServentError `invalid_value` where the network is no distributed hash table, `network_off` where it is off. */
  dht(id: NetworkId): Dht;

  /** Of one network, or of all. Ids are unique over all networks. */
  neighbours(id?: NetworkId): readonly NeighbourInfo[];
  connect(id: NetworkId, endpoint: Endpoint): void;
  disconnect(neighbourId: string): void;
  whyPeer(neighbourId: string): Why;
}

/** Bytes per second, 0: free. `slow` is the turtle: while it is on, its rates are used instead. */
export interface Limits {
  readonly down: number;
  readonly up: number;
  readonly slow: { readonly enabled: boolean; readonly down: number; readonly up: number };
}

export interface LimitsChange {
  readonly down?: number;
  readonly up?: number;
  readonly slow?: { readonly enabled?: boolean; readonly down?: number; readonly up?: number };
}

export interface LimitControl {
  current(): Limits;
  /** Takes effect at once and is remembered in the settings. Throws ServentError `conflict` where a rate is pinned. */
  change(change: LimitsChange): Limits;
}

export interface DoctorCheck {
  readonly id: string;
  readonly ok: boolean;
  readonly level: "ok" | "warn" | "fail";
  readonly title: string;
  readonly detail: string;
  /** What to do, in steps; empty where all is well. */
  readonly fix: string;
}
