// What peers and an introducer say to each other. A network is the name of a kind of peers that can be each other's
// neighbours, or servers of somebody. Ages and waits are whole seconds on the wire and here.
import type { Address } from "../../host/host.ts";

/** The kinds of peers that there are today. */
export const KINDS = {
  ultrapeers: "gnutella/ultrapeer",
  leaves: "gnutella/leaf",
  classic: "gnutella/classic",
  hubs: "gnutella2/hub",
  indexServers: "napster/server",
  supernodes: "fasttrack/supernode",
  bittorrent: "bittorrent",
  chord: "chord",
  pastry: "pastry",
  kelips: "kelips",
} as const;

/** I take calls at this port of the address that I ask from. */
export interface Join {
  readonly kind: "join";
  readonly network: string;
  readonly port: number;
  /** Percent of what this peer takes on, 0 … 100; at 100 it wants nobody. */
  readonly load: number;
}

/** I no longer do. */
export interface Leave {
  readonly kind: "leave";
  readonly network: string;
  readonly port: number;
}

/** Who is there? */
export interface Ask {
  readonly kind: "ask";
  /** The most wanted first: an answer names peers of the second only where the first has too few. */
  readonly networks: readonly string[];
  /** Peers wanted, 1 … `peersPerAnswerMax`. */
  readonly count: number;
  /** Where the asker itself takes calls, so that it is not told of itself; 0: nowhere. */
  readonly port: number;
}

export type Request = Join | Leave | Ask;

/** Whether the introducer could connect to a peer; `unknown`: not tried yet. */
export type Reachable = "yes" | "no" | "unknown";

export interface Joined {
  readonly kind: "joined";
  readonly reachable: Reachable;
  /** When to say it again. */
  readonly againSeconds: number;
}

export interface Left {
  readonly kind: "left";
}

export interface IntroducedPeer {
  readonly network: string;
  readonly address: Address;
  /** Since it last said that it is there. */
  readonly ageSeconds: number;
  readonly load: number;
}

export interface Peers {
  readonly kind: "peers";
  readonly peers: readonly IntroducedPeer[];
  /** Not to be asked again before. */
  readonly againSeconds: number;
}

/** `too_often`: this host asked too much. `network`: none that is served here. `port`, `address`: none that is listed or dialled. */
export const REASONS = ["too_often", "network", "port", "address", "malformed"] as const;
export type Reason = (typeof REASONS)[number];

export interface Refused {
  readonly kind: "refused";
  readonly reason: Reason;
  /** 0: asking again is of no use. */
  readonly againSeconds: number;
}

export type Answer = Joined | Left | Peers | Refused;

export type Message = Request | Answer;
