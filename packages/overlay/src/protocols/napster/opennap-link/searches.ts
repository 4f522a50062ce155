// Searches that cross the tree. Every server looks at its own files first and asks the servers behind it for what is then still
// wanted; hits go back the same way, and the end is said when all behind have said it.
import type { Millis } from "../../../host/host.ts";
import { FieldReader, quote } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { formatSearchRequest, parseSearchRequest } from "../search-request.ts";
import { measures, parseBrowseFile, type SearchHit } from "../shared-file.ts";
import type { Visitor } from "../server/union.ts";
import type { Census } from "./census.ts";
import { LINK_LIMITS } from "./limits.ts";
import type { Subject, TreeLink } from "./tree-link.ts";
import type { TreeOffice } from "./tree-office.ts";

const ID = /^[!-~]{1,32}$/;
const ID_LETTERS = 8;

interface PendingSearch {
  /** As it stands on the wire. */
  readonly id: string;
  /** Where the end goes: to our server under its number, or to the link that asked. */
  readonly for: { readonly number: number } | { readonly link: TreeLink };
  readonly waiting: Set<TreeLink>;
  /** Hits that are still wanted. */
  left: number;
  readonly due: Millis;
}

export class TreeSearches {
  private readonly tree: TreeOffice;
  private readonly census: Census;
  /** By id and, for those of others, the link that asked; the oldest first. Ids are their askers', so two may be equal. */
  private readonly pending = new Map<string, PendingSearch>();
  private readonly ours = new Map<number, PendingSearch>();
  private readonly perLink = new Map<TreeLink, number>();

  constructor(tree: TreeOffice, census: Census) {
    this.tree = tree;
    this.census = census;
  }

  /** Answers how many were asked. */
  search(number: number, asker: Visitor, request: string): number {
    const user = this.tree.own.users.get(asker.nick);
    if (user === undefined) return 0;
    const search = this.ask(this.newId(), { number }, user, request, Number.POSITIVE_INFINITY, undefined);
    if (search === undefined) return 0;
    this.ours.set(number, search);
    return search.waiting.size;
  }

  forget(number: number): void {
    const search = this.ours.get(number);
    if (search === undefined) return;
    this.ours.delete(number);
    this.pending.delete(search.id);
  }

  /** 10015. `asker id request`. */
  onSearch(link: TreeLink, text: string): void {
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const id = fields.next() ?? "";
    if (!ID.test(id)) return link.strike("a search without an id");
    const asker = this.census.behind(link, nick);
    const request = parseSearchRequest(fields.rest());
    if (asker === undefined || !request.ok || this.isFull(link)) return link.send(MESSAGE.linkSearchEnd, id);
    const { resultsMax } = this.tree.own.options;
    const wanted = Math.min(request.value.resultsMax || resultsMax, resultsMax);
    const limited = { ...request.value, resultsMax: wanted };
    const hits = this.tree.server.hitsFor(asker, formatSearchRequest(limited));
    for (const { nick: owner, file } of hits) {
      const named = this.tree.own.users.get(owner);
      const hit = `${id} ${owner} ${quote(file.path)} ${measures(file)}`;
      if (named !== undefined) this.tree.tell(link, MESSAGE.linkSearchHit, hit, named);
    }
    const left = wanted - hits.length;
    const rest = formatSearchRequest({ ...limited, resultsMax: left });
    if (left > 0 && !request.value.isLocal && this.ask(id, { link }, asker, rest, left, link) !== undefined) {
      this.perLink.set(link, (this.perLink.get(link) ?? 0) + 1);
    } else link.send(MESSAGE.linkSearchEnd, id);
  }

  /** 10016. `id owner "path" md5 size bitrate frequency seconds`. */
  onHit(link: TreeLink, text: string): void {
    const space = text.indexOf(" ");
    const search = this.waitingFor(text.slice(0, space), link);
    if (space < 0 || search === undefined || search.left <= 0) return;
    const parsed = parseBrowseFile(text.slice(space + 1));
    if (!parsed.ok) return link.strike("a hit that cannot be read");
    const owner = this.census.behind(link, parsed.value.nick);
    if (owner === undefined) return;
    search.left--;
    if ("link" in search.for) {
      this.tree.tell(search.for.link, MESSAGE.linkSearchHit, `${search.id} ${text.slice(space + 1)}`, owner);
      return;
    }
    const { nick, ip, linkSpeed, port } = owner;
    const hit: SearchHit = { file: parsed.value.file, nick, ip, linkSpeed, port };
    this.tree.server.onRemoteHits(search.for.number, [hit]);
  }

  /** 10017. `id`. */
  onEnd(link: TreeLink, text: string): void {
    const search = this.waitingFor(text.trim(), link);
    if (search !== undefined) this.endOf(search, link);
  }

  onLinkLost(link: TreeLink): void {
    for (const [key, search] of this.pending) {
      if ("link" in search.for && search.for.link === link) this.pending.delete(key);
      else if (search.waiting.has(link)) this.endOf(search, link);
    }
    this.perLink.delete(link);
  }

  /** Whoever has waited long enough waits no longer for the rest. */
  tick(): void {
    const now = this.tree.host.now();
    for (const search of this.pending.values()) {
      if (search.due > now) return;
      for (const link of search.waiting) this.endOf(search, link);
    }
  }

  private ask(
    id: string,
    whose: PendingSearch["for"],
    asker: Subject,
    request: string,
    left: number,
    from: TreeLink | undefined,
  ): PendingSearch | undefined {
    const text = `${asker.nick} ${id} ${request}`;
    const waiting = new Set<TreeLink>();
    const key = "link" in whose ? keyOf(id, whose.link) : id;
    if (text.length > LINK_LIMITS.payloadCharsMax || this.pending.has(key)) return undefined;
    for (const link of this.tree.tree.nearLinks()) if (link !== from && link.isLinked) waiting.add(link);
    if (waiting.size === 0 || this.pending.size >= LINK_LIMITS.searchesMax) return undefined;
    const due = this.tree.host.now() + LINK_LIMITS.searchMs;
    const search = { id, for: whose, waiting, left, due };
    this.pending.set(key, search);
    for (const link of waiting) this.tree.tell(link, MESSAGE.linkSearch, text, asker);
    return search;
  }

  /** A link has said all, or is lost, or took too long. */
  private endOf(search: PendingSearch, link: TreeLink): void {
    search.waiting.delete(link);
    // Our server counts the ends, and forgets the search when it has them all.
    if ("number" in search.for) return this.tree.server.onRemoteEnd(search.for.number);
    if (search.waiting.size > 0) return;
    const asker = search.for.link;
    this.pending.delete(keyOf(search.id, asker));
    this.perLink.set(asker, (this.perLink.get(asker) ?? 1) - 1);
    asker.send(MESSAGE.linkSearchEnd, search.id);
  }

  /** The search that this link was asked for. */
  private waitingFor(id: string, link: TreeLink): PendingSearch | undefined {
    const own = this.pending.get(id);
    if (own?.waiting.has(link)) return own;
    for (const other of this.tree.tree.nearLinks()) {
      const search = other === link ? undefined : this.pending.get(keyOf(id, other));
      if (search?.waiting.has(link)) return search;
    }
    return undefined;
  }

  private isFull(link: TreeLink): boolean {
    return (this.perLink.get(link) ?? 0) >= LINK_LIMITS.searchesPerLinkMax;
  }

  /** Random capitals, as OpenNap's. */
  private newId(): string {
    const { host } = this.tree;
    return Array.from({ length: ID_LETTERS }, () => String.fromCharCode(0x41 + (host.u32() % 26))).join("");
  }
}

/** Names of servers hold no blank, so this is no id. */
function keyOf(id: string, link: TreeLink): string {
  return `${link.name} ${id}`;
}
