// Hits become files: those with the same hash are one, whatever their names; without a hash, name and size must agree.
import type { Hit, NetworkId, Source } from "../networks/network.ts";
import { fileTypeOf } from "./file-type.ts";
import type { FileGroup } from "./search.ts";

/** Sources kept of one file: more would not make it arrive sooner. */
const SOURCES_MAX = 200;
const NAMES_MAX = 20;

/** What is stored of a group; the rest is worked out when it is shown. */
export interface StoredGroup {
  readonly number: number;
  readonly key: string;
  readonly size: number;
  /** Names by how many sources use them. */
  readonly names: Record<string, number>;
  readonly urns: string[];
  readonly sources: { readonly source: Source; busy: boolean }[];
}

export class HitGroups {
  private readonly groups = new Map<string, StoredGroup>();

  static restore(stored: readonly StoredGroup[]): HitGroups {
    const groups = new HitGroups();
    for (const group of stored) groups.groups.set(group.key, group);
    return groups;
  }

  get files(): number {
    return this.groups.size;
  }

  stored(): StoredGroup[] {
    return [...this.groups.values()];
  }

  /** The group that the hit went to, and whether it told anything new. */
  add({ source, busy }: Hit): { readonly group: StoredGroup; readonly isNew: boolean } {
    const key = groupKey(source);
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { number: this.groups.size + 1, key, size: source.size, names: {}, urns: [], sources: [] };
      this.groups.set(key, group);
    }
    const known = group.sources.find((entry) => entry.source.key === source.key);
    if (known !== undefined) {
      known.busy = busy;
      return { group, isNew: false };
    }
    if (group.sources.length >= SOURCES_MAX) return { group, isNew: false };
    group.sources.push({ source, busy });
    if (Object.hasOwn(group.names, source.name) || Object.keys(group.names).length < NAMES_MAX) {
      group.names[source.name] =
        (Object.hasOwn(group.names, source.name) ? (group.names[source.name] as number) : 0) + 1;
    }
    for (const urn of source.urns) if (!group.urns.includes(urn)) group.urns.push(urn);
    return { group, isNew: true };
  }
}

/** SHA-1 first, then any other hash, then name and size, with what the network says besides. */
function groupKey(source: Source): string {
  const urn = source.urns.find((name) => name.startsWith("urn:sha1:")) ?? source.urns[0];
  if (urn !== undefined) return urn;
  return source.likeness === undefined
    ? `name:${source.size}:${source.name.toLowerCase()}`
    : `like:${source.network}:${source.likeness}:${source.size}:${source.name.toLowerCase()}`;
}

/** The group as people see it; `have` and `transfer` are the caller's to know. */
export function viewOf(group: StoredGroup, have: boolean, transfer: string | null): FileGroup {
  const names = Object.entries(group.names)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
  const name = names[0] ?? "";
  const sources = group.sources.map((entry) => entry.source);
  return {
    number: group.number,
    id: `f_${group.number}`,
    name,
    names,
    size: group.size,
    type: fileTypeOf(name),
    urns: group.urns,
    networks: [...new Set<NetworkId>(sources.map(({ network }) => network))],
    sources,
    health: healthOf(group),
    match: group.key.startsWith("urn:") ? "strong" : "probable",
    have,
    transfer,
  };
}

function healthOf({ sources }: StoredGroup): FileGroup["health"] {
  if (sources.some(({ source, busy }) => !busy && !source.firewalled)) return "ready";
  if (sources.some(({ source }) => !source.firewalled)) return "busy";
  return sources.length > 0 ? "push" : "unreachable";
}
