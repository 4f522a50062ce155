// Searches, resumes and browses: in our own directory first, and then, where that is not enough, at other servers.
import type { Host } from "../../../host/host.ts";
import type { Criteria } from "../directory/criteria.ts";
import { queryWords, STOP_WORDS } from "../directory/words.ts";
import type { FileId } from "../directory/found-file.ts";
import { type FieldReader, ipField, quote, splitFields, wholeNumber } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import { ANY, isWithin } from "../range.ts";
import { formatSearchRequest, parseSearchRequest, type SearchRequest } from "../search-request.ts";
import { formatBrowseFile, formatSearchHit, type SearchHit } from "../shared-file.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { hitMessage } from "./hit-message.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import type { Person, User } from "./person.ts";
import type { Visitor } from "./union.ts";

/** The timer of searches that wait for other servers. */
export const OPEN_SEARCHES = 2;

/** A search of a user of ours that other servers are still looking for. */
interface OpenSearch {
  readonly id: number;
  readonly asker: User;
  /** Hits that he still takes. */
  wanted: number;
  /** Who has what was already told. */
  readonly told: Set<string>;
  /** Ends that are still to come. */
  waiting: number;
  readonly due: number;
}

export class Searching {
  private readonly office: Office;
  private readonly host: Host;
  private readonly elsewhere: readonly Elsewhere[];
  /** By id, the oldest first; all have the same patience. */
  private readonly open = new Map<number, OpenSearch>();
  private lastId = 0;

  /** @param elsewhere Grows while servers are linked. */
  constructor(office: Office, elsewhere: readonly Elsewhere[]) {
    this.office = office;
    this.host = office.host;
    this.elsewhere = elsewhere;
  }

  /** 200. Every search ends with 202, whatever became of it. */
  onSearch(user: User, text: string): void {
    const { counters, options } = this.office;
    if (!user.may("searches", this.host.now())) {
      counters.overdone++;
      return this.fail(user, "search failed: too many searches");
    }
    counters.searches++;
    const request = parseSearchRequest(text);
    if (!request.ok) return this.fail(user, "invalid search request");
    const words = wordsOf(request.value);
    if (words.isEmpty) return this.fail(user, "search failed: request contained no valid words");
    const asked = request.value.resultsMax;
    const wanted = asked === 0 ? options.resultsMax : Math.min(asked, options.resultsMax);
    const hits = this.find(user, request.value, words, wanted);
    const { directory, users } = this.office;
    for (const id of hits) {
      user.line.pass(hitMessage(directory, id, users.ofOwner(directory.ownerOf(id)) as User, user.wantsUrn));
    }
    const left = wanted - hits.length;
    if (
      left === 0 ||
      request.value.isLocal ||
      words.words.length === 0 ||
      !this.askElsewhere(user, request.value, hits, left)
    ) {
      user.send(MESSAGE.searchEnd, "");
    }
  }

  /** A search of another server's user. */
  hitsFor(asker: Visitor, text: string): readonly SearchHit[] {
    const request = parseSearchRequest(text);
    if (!request.ok) return [];
    const { resultsMax } = request.value;
    const { options } = this.office;
    const wanted = resultsMax === 0 ? options.resultsMax : Math.min(resultsMax, options.resultsMax);
    return this.find(asker, request.value, wordsOf(request.value), wanted).map((id) => this.hit(id));
  }

  /** 215. Everybody who claims this hash and size. */
  onResume(user: User, text: string): void {
    const [md5 = "", sizeText] = splitFields(text, 2);
    const size = wholeNumber(sizeText, 0xffff_ffff);
    const known = md5.slice(0, 32).toLowerCase();
    if (size !== undefined) {
      this.office.directory.byHash(known, size, (file) => {
        const owner = this.office.users.ofOwner(file.owner);
        if (owner === undefined || owner === user) return;
        user.send(
          MESSAGE.resumeHit,
          `${owner.nick} ${ipField(owner.ip)} ${owner.port} ${quote(file.path)} ${known} ${size} ${owner.linkSpeed}`,
        );
      });
    }
    user.send(MESSAGE.resumeEnd, "");
  }

  /** 211: a user's files, one in a message. */
  onBrowse(asker: Person, nick: string, owner: User | undefined, fields: FieldReader): void {
    if (owner === undefined || owner.ignores(asker)) {
      asker.send(MESSAGE.signOff, nick);
      asker.send(MESSAGE.browseEnd, nick);
      return;
    }
    const { browseMax } = this.office.options;
    const most = Math.min(wholeNumber(fields.next(), 0xffff_ffff) || browseMax, browseMax);
    this.office.directory.list(owner.owner, most, (file) => {
      asker.send(MESSAGE.browseFile, formatBrowseFile(owner.nick, file, asker.wantsUrn));
    });
    asker.send(MESSAGE.browseEnd, `${owner.nick} ${ipField(owner.ip)}`);
  }

  /** Hits of another server; those that he has already are dropped. */
  onHits(id: number, hits: readonly SearchHit[]): void {
    const search = this.open.get(id);
    if (search === undefined) return;
    const { asker, told } = search;
    for (const hit of hits) {
      if (search.wanted === 0) break;
      const key = keyOf(hit);
      if (told.has(key) || foldNick(hit.nick) === asker.folded) continue;
      told.add(key);
      search.wanted--;
      this.office.counters.hits++;
      asker.send(MESSAGE.searchHit, formatSearchHit(hit, asker.wantsUrn));
    }
    if (search.wanted === 0) this.end(search);
  }

  /** One of those that were asked has said all. */
  onEnd(id: number): void {
    const search = this.open.get(id);
    if (search !== undefined && --search.waiting <= 0) this.end(search);
  }

  onTimer(): void {
    const now = this.host.now();
    for (const search of this.open.values()) {
      if (search.due > now) break;
      this.end(search);
    }
    this.arm();
  }

  /** His searches end with him. */
  onUserGone(user: User): void {
    if (user.openSearches === 0) return;
    for (const search of this.open.values()) if (search.asker === user) this.close(search);
  }

  private find(asker: Visitor, request: SearchRequest, words: Words, wanted: number): FileId[] {
    if (words.words.length === 0) return [];
    const { users, directory, counters } = this.office;
    const linkSpeed = request.linkSpeed ?? ANY;
    const asking = foldNick(asker.nick);
    const isFirewalled = asker.port === 0;
    const accept = (owner: number): boolean => {
      const user = users.ofOwner(owner);
      return (
        user !== undefined &&
        // The same user may be here and at the server that asks.
        user.folded !== asking &&
        !(isFirewalled && user.isFirewalled) &&
        isWithin(user.linkSpeed, linkSpeed)
      );
    };
    const hits = directory.search(criteriaOf(request, words), wanted, accept);
    counters.hits += hits.length;
    return hits;
  }

  private hit(id: FileId): SearchHit {
    const file = this.office.directory.file(id);
    const { nick, ip, linkSpeed, port } = this.office.users.ofOwner(file.owner) as User;
    return { file, nick, ip, linkSpeed, port };
  }

  private askElsewhere(user: User, request: SearchRequest, hits: readonly FileId[], left: number): boolean {
    if (this.elsewhere.length === 0) return false;
    if (user.openSearches >= SERVER_LIMITS.openSearchesPerUserMax || this.open.size >= SERVER_LIMITS.openSearchesMax) {
      user.send(MESSAGE.notice, "search failed: too many pending searches");
      return false;
    }
    const id = (this.lastId = (this.lastId + 1) % 0x1_0000_0000);
    const text = formatSearchRequest({ ...request, resultsMax: left });
    let waiting = 0;
    for (const others of this.elsewhere) waiting += others.search(id, user, text);
    if (waiting === 0) return false;
    this.office.counters.searchesElsewhere++;
    const told = new Set(hits.map((id) => keyOf(this.hit(id))));
    const due = this.host.now() + SERVER_LIMITS.openSearchMs;
    this.open.set(id, { id, asker: user, wanted: left, told, waiting, due });
    user.openSearches++;
    if (this.open.size === 1) this.arm();
    return true;
  }

  private end(search: OpenSearch): void {
    this.close(search);
    search.asker.send(MESSAGE.searchEnd, "");
  }

  private close(search: OpenSearch): void {
    this.open.delete(search.id);
    search.asker.openSearches--;
    for (const others of this.elsewhere) others.forget(search.id);
  }

  private arm(): void {
    const [first] = this.open.values();
    if (first !== undefined) this.host.arm(OPEN_SEARCHES, first.due - this.host.now());
  }

  private fail(user: User, why: string): void {
    user.send(MESSAGE.notice, why);
    user.send(MESSAGE.searchEnd, "");
  }
}

interface Words {
  readonly words: readonly string[];
  readonly without: readonly string[];
  /** Not even useless words were given. */
  readonly isEmpty: boolean;
}

/** A word with a minus in front, in the text of `CONTAINS`, is one that must not be there. */
function wordsOf(request: SearchRequest): Words {
  const wanted: string[] = [];
  const unwanted = [...request.excludes];
  for (const text of request.contains) {
    if (!text.includes("-")) {
      wanted.push(text);
      continue;
    }
    for (const part of text.split(" ")) {
      if (part.startsWith("-")) unwanted.push(part);
      else wanted.push(part);
    }
  }
  const all = wanted.join(" ");
  const words = queryWords(all, STOP_WORDS);
  return {
    words,
    without: unwanted.flatMap((text) => queryWords(text, STOP_WORDS)),
    isEmpty: words.length === 0 && queryWords(all, NO_WORDS).length === 0,
  };
}

const NO_WORDS: ReadonlySet<string> = new Set();

function criteriaOf(request: SearchRequest, { words, without }: Words): Criteria {
  return {
    words,
    without,
    size: request.size ?? ANY,
    bitrate: request.bitrate ?? ANY,
    frequency: request.frequency ?? ANY,
    seconds: request.seconds ?? ANY,
    media: request.media,
  };
}

function keyOf({ nick, file }: SearchHit): string {
  return `${foldNick(nick)}\0${file.path}`;
}
