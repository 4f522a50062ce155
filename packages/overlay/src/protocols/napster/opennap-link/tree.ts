// Which servers there are and behind which link. Links form a tree: a server that can be reached already must not be linked once
// more, or everything that is passed on would go round for ever.
import { LINK_LIMITS } from "./limits.ts";
import type { TreeLink } from "./tree-link.ts";

/** A link between two other servers, the nearer one first. */
export interface FarLink {
  readonly server: string;
  readonly port: number;
  readonly peer: string;
  readonly peerPort: number;
  /** Links from us to the peer. */
  readonly hops: number;
  readonly via: TreeLink;
}

/** `unknown`: the nearer server is not behind this link. `loop`: the farther one can be reached another way. */
export type Addition = "added" | "known" | "unknown" | "loop" | "full";

export class Tree {
  private readonly self: string;
  /** Our own links, by folded name. */
  private readonly near = new Map<string, TreeLink>();
  /** By the folded name of the farther server, the nearer ones first. */
  private readonly far = new Map<string, FarLink>();

  /** @param self Our own name. */
  constructor(self: string) {
    this.self = foldServer(self);
  }

  /** Us, or a server that can be reached. */
  has(name: string): boolean {
    return foldServer(name) === this.self || this.viaOf(name) !== undefined;
  }

  isSelf(name: string): boolean {
    return foldServer(name) === this.self;
  }

  /** The link that leads to a server. */
  viaOf(name: string): TreeLink | undefined {
    const key = foldServer(name);
    return this.near.get(key) ?? this.far.get(key)?.via;
  }

  isNear(name: string): boolean {
    return this.near.has(foldServer(name));
  }

  addNear(link: TreeLink): void {
    this.near.set(foldServer(link.name), link);
  }

  addFar(entry: FarLink): Addition {
    const key = foldServer(entry.peer);
    if (key === this.self) return "known";
    const via = this.viaOf(entry.peer);
    if (via !== undefined) return via === entry.via ? "known" : "loop";
    if (this.viaOf(entry.server) !== entry.via) return "unknown";
    if (this.far.size >= LINK_LIMITS.serversMax) return "full";
    this.far.set(key, entry);
    return "added";
  }

  /** Takes out a link of ours and all that is behind it. */
  removeNear(link: TreeLink): void {
    this.near.delete(foldServer(link.name));
    for (const [key, entry] of this.far) if (entry.via === link) this.far.delete(key);
  }

  /** Takes out a farther server and all that is behind it; answers the folded names of those. */
  removeFar(name: string): ReadonlySet<string> {
    const gone = new Set<string>();
    const first = foldServer(name);
    if (this.far.delete(first)) gone.add(first);
    // Nearer ones stand first, so one pass finds all that hangs on them.
    for (const [key, entry] of this.far) {
      if (!gone.has(foldServer(entry.server))) continue;
      this.far.delete(key);
      gone.add(key);
    }
    return gone;
  }

  nearLinks(): IterableIterator<TreeLink> {
    return this.near.values();
  }

  farLinks(): IterableIterator<FarLink> {
    return this.far.values();
  }

  get isAlone(): boolean {
    return this.near.size === 0;
  }

  /** Names of all other servers. */
  names(): readonly string[] {
    return [
      ...Array.from(this.near.values(), ({ name }) => name),
      ...Array.from(this.far.values(), ({ peer }) => peer),
    ];
  }
}

export function foldServer(name: string): string {
  return name.toLowerCase();
}
