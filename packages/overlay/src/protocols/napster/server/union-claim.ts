// Two servers of a union say that a user is theirs: which of them is believed. Anybody may log in anywhere under a name that is not
// registered there, so the later of two is more likely somebody else, unless he comes from the same place.
import type { Millis } from "../../../host/host.ts";

/** A server's word that a user is logged in there. */
export interface Claim {
  readonly server: string;
  readonly isRegistered: boolean;
  /** IPv4, big endian. */
  readonly ip: number;
  readonly since: Millis;
}

/** Whether the one is believed rather than the other. Both times are of our own clock. */
export function beats(one: Claim, other: Claim): boolean {
  if (one.isRegistered !== other.isRegistered) return one.isRegistered;
  return one.ip === other.ip ? one.since > other.since : one.since < other.since;
}
