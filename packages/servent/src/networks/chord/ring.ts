// The product's ring: 160-bit ids as bigints, an id being the SHA-1 of the address, and whom we take for a member of it.
import { ByteWriter } from "@servent/overlay/base/bytes.ts";
import { ipv4Of, portOf } from "@servent/overlay/base/ipv4.ts";
import { sha1 } from "@servent/overlay/base/sha1.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { BigIntSpace } from "@servent/overlay/protocols/chord/id-space.ts";
import type { Peer } from "@servent/overlay/protocols/chord/messages.ts";
import type { RoutesShape } from "@servent/overlay/protocols/chord/routes.ts";

export const RING = new BigIntSpace(160);

/** Eight successors: a ring breaks where all of them die between two rounds. Fingers for every distance cost nothing. */
export const RING_SHAPE: RoutesShape = { successors: 8, fingers: 160 };

/** A record lies at the owner of its key and the next two, so that two of them may die. */
export const HOLDERS = 3;

/** SHA-1 of IPv4 address and port, six bytes, big endian: nobody chooses freely where in the ring he sits: a host has 65,536 places. */
export function idOf(address: Address): bigint {
  return RING.fromHash(sha1(new ByteWriter(6).u32be(ipv4Of(address)).u16be(portOf(address)).done()));
}

/** 40 hex digits. */
export function idText(id: bigint): string {
  return id.toString(16).padStart(RING.bits / 4, "0");
}

export interface PeerRuleOptions {
  /** Where our own members listen. */
  readonly isOwn: (address: Address) => boolean;
  /** Another name of an address of ours. */
  readonly isAlias: (address: Address) => boolean;
  readonly mayDial: (address: Address) => boolean;
}

/** May this peer be asked, and stand in our tables? The cheap questions come first. */
export function peerRule({ isOwn, isAlias, mayDial }: PeerRuleOptions): (peer: Peer<bigint>) => boolean {
  return ({ id, address }) =>
    (isOwn(address) || (mayDial(address) && !isAlias(address))) && RING.isEqual(id, idOf(address));
}
