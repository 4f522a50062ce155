// Which servers may be linked, and how far each is believed.
import type { Address } from "../../../host/host.ts";

export interface PeerServer {
  /** As it calls itself; compared without regard to case. Byte text without blanks. */
  readonly name: string;
  /** Where it listens. Whoever uses its name from another host is refused. */
  readonly address: Address;
  /** What we prove to know. */
  readonly ownPassword: string;
  /** What it must prove to know. */
  readonly theirPassword: string;
  /** We dial it, and dial again whenever the link is lost. */
  readonly isDialled: boolean;
  /** It may end sessions of our moderators, and its users may bear names that are registered here. */
  readonly isTrusted: boolean;
}

export interface TreeOptions {
  readonly peers: readonly PeerServer[];
}

/** What the operator's side hears. */
export interface TreeEvents {
  onLinked(server: string): void;
  onLinkLost(server: string, reason: string): void;
  /** A link came to nothing. `server` as it was called, or empty. */
  onLinkRefused(server: string, reason: string): void;
}
