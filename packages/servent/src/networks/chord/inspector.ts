// What people see of the ring's inside: our tables, and a lookup hop by hop, with the records under the key.
import { urnsOf } from "@servent/overlay/base/urn.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Peer } from "@servent/overlay/protocols/chord/messages.ts";
import { ServentError } from "../../base/servent-error.ts";
import { endpointOf } from "../../runtime/address.ts";
import type { Dht, DhtEntry, DhtLookup, DhtNode, DhtPeer, DhtRecord, Endpoint } from "../network.ts";
import { decodeFileRecord } from "./file-record.ts";
import type { RingMember } from "./ring-member.ts";
import { keyOf } from "./ring-keys.ts";
import { HOLDERS, idText, RING } from "./ring.ts";

export interface InspectorOptions {
  readonly members: () => readonly RingMember[];
  /** What the network lacks, where no member is in a ring. */
  readonly liveness: () => string;
}

/** Lookups for people that are under way at once. */
const LOOKUPS_MAX = 8;
/** Records shown under one key. */
const RECORDS_MAX = 256;
/** Pages that one holder is asked for. */
const PAGES_MAX = 64;

export class Inspector implements Dht {
  private readonly options: InspectorOptions;
  private underWay = 0;

  constructor(options: InspectorOptions) {
    this.options = options;
  }

  table(): readonly DhtNode[] {
    return this.options.members().map((member) => ({
      ...peerOf({ id: member.node.id, address: member.address }),
      state: member.phase,
      records: member.node.recordCount,
      entries: entriesOf(member),
    }));
  }

  async lookup(text: string, withRecords: boolean): Promise<DhtLookup> {
    const key = keyOf(text);
    if (key === undefined) {
      throw new ServentError(
        "invalid_value",
        `"${text.slice(0, 80)}" makes no key.`,
        "Give a urn:sha1:…, an id of 40 hex digits, name:…, word:…, or words.",
      );
    }
    const member = this.options.members().find(({ phase }) => phase === "member");
    if (member === undefined) {
      throw new ServentError("timeout", `Nobody can be asked yet. ${this.options.liveness()}`, "Try again soon.");
    }
    if (this.underWay >= LOOKUPS_MAX) {
      throw new ServentError("too_many", `${LOOKUPS_MAX} lookups are under way.`, "Wait until one of them ends.");
    }
    this.underWay++;
    try {
      return await this.look(member, key.key, key.text, withRecords);
    } finally {
      this.underWay--;
    }
  }

  private async look(member: RingMember, key: bigint, text: string, withRecords: boolean): Promise<DhtLookup> {
    const found = await member.lookup(key);
    if (found === undefined) {
      throw new ServentError("timeout", "The lookup took too long.", "The ring may be mending itself; try again soon.");
    }
    const { owner, followers, path, ms } = found;
    return {
      key: idText(key),
      text,
      owner: owner === undefined ? null : peerOf(owner),
      followers: followers.map(peerOf),
      hops: path.map((hop) => ({ ...peerOf(hop.peer), ms: hop.ms ?? null })),
      ms,
      records: withRecords && owner !== undefined ? await recordsOf(member, key, [owner, ...followers]) : null,
    };
  }
}

/** All holders together; a slow one must not hold up the next who looks. */
const RECORDS_MS = 10_000;

async function recordsOf(member: RingMember, key: bigint, peers: readonly Peer<bigint>[]): Promise<DhtRecord[]> {
  const records = new Map<string, DhtRecord & { readonly holders: Endpoint[] }>();
  const end = performance.now() + RECORDS_MS;
  for (const { address } of peers.slice(0, HOLDERS)) {
    for (let skip = 0, page = 0; page < PAGES_MAX && performance.now() < end; page++) {
      const answer = await member.fetch(address, key, skip);
      for (const { provider, value } of answer?.records ?? []) {
        const id = `${provider} ${Buffer.from(value).toString("latin1")}`;
        const known = records.get(id);
        const holder = endpointOf(address);
        // A holder may repeat itself.
        if (known?.holders.some(({ host, port }) => host === holder.host && port === holder.port) === true) continue;
        if (known !== undefined) known.holders.push(holder);
        else if (records.size < RECORDS_MAX) records.set(id, { ...recordOf(provider, value), holders: [holder] });
      }
      skip += answer?.records.length ?? 0;
      if (answer === undefined || answer.records.length === 0 || skip >= answer.total) break;
    }
  }
  return [...records.values()];
}

/** What is no record of a file is shown as one without a name: somebody stored it. */
function recordOf(provider: Address, value: Uint8Array): Omit<DhtRecord, "holders"> {
  const file = decodeFileRecord(value);
  return {
    provider: endpointOf(provider),
    name: file?.name ?? "",
    size: file?.size ?? 0,
    urns: file === undefined ? [] : urnsOf({ sha1: file.sha1, tiger: file.tigerRoot }),
    bytes: value.length,
  };
}

function entriesOf({ node }: RingMember): DhtEntry[] {
  const entryOf = (role: string, place: number, peer: Peer<bigint>): DhtEntry => ({
    role,
    place,
    ...peerOf(peer),
    distance: shareOfRing(RING.distance(node.id, peer.id)),
  });
  const { predecessor } = node;
  const entries = predecessor === undefined ? [] : [entryOf("predecessor", 1, predecessor)];
  const seen = new Set([node.self.address]);
  for (const [at, peer] of node.successors.entries()) {
    // In a small ring the list goes around, and begins anew.
    if (seen.has(peer.address)) break;
    seen.add(peer.address);
    entries.push(entryOf("successor", at + 1, peer));
  }
  for (let exponent = RING.bits - 1; exponent >= 0; exponent--) {
    const peer = node.routes.finger(node.row, exponent);
    if (peer !== undefined) entries.push(entryOf("finger", exponent, peer));
  }
  return entries;
}

/** 0 to 1, clockwise. Doubles have more digits than anybody reads. */
function shareOfRing(distance: bigint): number {
  return Number(distance) / 2 ** RING.bits;
}

function peerOf({ id, address }: Peer<bigint>): DhtPeer {
  return { id: idText(id), endpoint: endpointOf(address) };
}
