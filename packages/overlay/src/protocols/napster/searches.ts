// Searches over all servers that we are logged in to. Answers carry no number, so each server is asked one search at a time,
// and what it sends until it says "end" belongs to that one.
import type { Address, Host } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { HEAD_BYTES } from "./message-writer.ts";
import { type Message, MESSAGE } from "./messages.ts";
import { foldNick } from "./nick.ts";
import { formatSearchRequest, requestFor } from "./search-request.ts";
import type { Session } from "./session.ts";
import { withUrnOfMd5 } from "./urn-in-md5.ts";
import { parseSearchHit, type SearchHit, URN_PREFIX } from "./shared-file.ts";

export interface NapsterQuery {
  /** All of them must occur in the path. Byte text; may be empty where `urn` is given. */
  readonly words: string;
  /** `urn:sha1:…`: only files that claim it. Servents' own servers know it; the others are asked for `name`. */
  readonly urn: string;
  /** Under which the file with this URN is known, for servers that know no URNs. Byte text; may be empty. */
  readonly name: string;
}

/** What a search has cost so far. */
export interface SearchCost {
  messages: number;
  bytes: number;
}

interface Search {
  readonly token: number;
  readonly query: NapsterQuery;
  /** Lower case, with which hits are checked. */
  readonly words: readonly string[];
  readonly since: number;
  readonly cost: SearchCost;
  /** Owner and path of each hit. */
  readonly seen: Set<string>;
  /** Sessions that were asked or will be. */
  readonly routes: Set<number>;
  /** Of them, those that have not said "end". */
  open: number;
  /** Servers that gave as much as they were asked for, so there may be more. */
  readonly cut: Set<Address>;
}

/** How far a search is. */
export interface SearchProgress {
  /** Servers that were asked or will be. */
  readonly asked: number;
  /** Of them, those that have not said all. */
  readonly open: number;
  /** Servers whose answer was cut off at `CLIENT_LIMITS.answersMax`. */
  readonly cut: readonly Address[];
}

export interface SearchOutput {
  send(session: Session, message: Message): void;
  onHit(search: number, hit: SearchHit, session: Session): void;
  /** Every server that was asked has said all, or was too slow. */
  onEnd(search: number): void;
}

export class Searches {
  private readonly host: Host;
  private readonly output: SearchOutput;
  private readonly searches = new Map<number, Search>();

  constructor(host: Host, output: SearchOutput) {
    this.host = host;
    this.output = output;
  }

  start(token: number, query: NapsterQuery, sessions: Iterable<Session>): void {
    // The oldest makes room: nobody looks at its hits any more.
    for (const oldest of this.searches.keys()) {
      if (this.searches.size < CLIENT_LIMITS.searchesMax) break;
      this.searches.delete(oldest);
    }
    const search: Search = {
      token,
      query,
      words: wordsOf(query.words === "" ? query.name : query.words),
      since: this.host.now(),
      cost: { messages: 0, bytes: 0 },
      seen: new Set(),
      routes: new Set(),
      open: 0,
      cut: new Set(),
    };
    this.searches.set(token, search);
    for (const session of sessions) this.put(session, search);
  }

  stop(token: number): void {
    this.searches.delete(token);
  }

  cost(token: number): Readonly<SearchCost> | undefined {
    return this.searches.get(token)?.cost;
  }

  /** Undefined: it was stopped, or had to make room. */
  progress(token: number): SearchProgress | undefined {
    const search = this.searches.get(token);
    return search === undefined ? undefined : { asked: search.routes.size, open: search.open, cut: [...search.cut] };
  }

  /** It is there now: what was asked a moment ago is asked there too. */
  onSession(session: Session): void {
    const oldest = this.host.now() - CLIENT_LIMITS.lateSearchMs;
    for (const search of this.searches.values()) if (search.since >= oldest) this.put(session, search);
  }

  onSessionLost(session: Session): void {
    const tokens = [...(session.asked === undefined ? [] : [session.asked.search]), ...session.searches];
    session.asked = undefined;
    session.searches.length = 0;
    for (const token of tokens) this.close(token);
  }

  onHit(session: Session, text: string): void {
    const { asked } = session;
    const search = asked === undefined ? undefined : this.searches.get(asked.search);
    if (search === undefined) return;
    this.charge(search, text);
    if (asked !== undefined && ++asked.answers >= CLIENT_LIMITS.answersMax) search.cut.add(session.server);
    const parsed = parseSearchHit(text);
    if (!parsed.ok || search.seen.size >= CLIENT_LIMITS.hitsMax) return;
    const hit = { ...parsed.value, file: withUrnOfMd5(parsed.value.file) };
    const key = `${foldNick(hit.nick)}\n${hit.file.path}`;
    if (!matches(search, hit) || search.seen.has(key)) return;
    search.seen.add(key);
    this.output.onHit(search.token, hit, session);
  }

  onEnd(session: Session): void {
    const { asked } = session;
    if (asked === undefined) return;
    const search = this.searches.get(asked.search);
    if (search !== undefined) this.charge(search, "");
    if (asked.isTyped && asked.complaint !== "" && session.knowsTypes === undefined) {
      // It knows no TYPE: it is asked the same again without.
      session.knowsTypes = false;
      session.asked = undefined;
      session.searches.unshift(asked.search);
      return this.next(session);
    }
    if (asked.isTyped && asked.complaint === "") session.knowsTypes = true;
    session.asked = undefined;
    this.close(asked.search);
    this.next(session);
  }

  /** Text for people; while a search runs it may be what the server has against it. */
  onNotice(session: Session, text: string): void {
    if (session.asked !== undefined && /search|invalid/i.test(text)) session.asked.complaint = text;
  }

  sweep(session: Session): void {
    const { asked } = session;
    if (asked === undefined || this.host.now() - asked.since < CLIENT_LIMITS.searchMs) return;
    session.asked = undefined;
    this.close(asked.search);
    this.next(session);
  }

  private put(session: Session, search: Search): void {
    if (search.routes.has(session.route) || this.requestOf(session, search.query) === undefined) return;
    search.routes.add(session.route);
    search.open++;
    session.searches.push(search.token);
    this.next(session);
  }

  private next(session: Session): void {
    while (session.asked === undefined) {
      const token = session.searches.shift();
      if (token === undefined) return;
      const search = this.searches.get(token);
      const request = search === undefined ? undefined : this.requestOf(session, search.query);
      if (search === undefined || request === undefined) {
        this.close(token);
        continue;
      }
      const isTyped = session.knowsTypes !== false;
      const text = formatSearchRequest({ ...request, media: isTyped ? "any" : "mp3" });
      session.asked = { search: token, isTyped, since: this.host.now(), answers: 0, complaint: "" };
      this.charge(search, text);
      this.output.send(session, { type: MESSAGE.search, text });
    }
  }

  /** Undefined: this server cannot be asked for it. */
  private requestOf(session: Session, { words, urn, name }: NapsterQuery) {
    // Index servers of our own kind index a file's SHA-1 as if it were a word of its name.
    if (urn !== "" && session.isOurs)
      return requestFor(urn.slice(URN_PREFIX.length).toLowerCase(), CLIENT_LIMITS.answersMax);
    const asked = words === "" ? name : words;
    return asked === "" ? undefined : requestFor(asked, CLIENT_LIMITS.answersMax);
  }

  private close(token: number): void {
    const search = this.searches.get(token);
    if (search !== undefined && --search.open === 0) this.output.onEnd(token);
  }

  private charge(search: Search, text: string): void {
    search.cost.messages++;
    search.cost.bytes += HEAD_BYTES + text.length;
  }
}

/** Does the hit belong to this search? A late answer may belong to the one before. */
function matches({ query, words }: Search, { file }: SearchHit): boolean {
  if (file.urn !== "" && query.urn !== "") return file.urn === query.urn;
  // An old client's file may be the one; only its bytes can tell.
  if (query.urn !== "" && query.name === "") return false;
  const path = file.path.toLowerCase();
  return words.every((word) => path.includes(word));
}

/** Runs of letters, digits and apostrophes, and of anything beyond ASCII; those behind a minus are not wanted in the name. */
function wordsOf(text: string): string[] {
  const wanted = text.split(/\s+/).filter((word) => !word.startsWith("-"));
  return wanted.flatMap((word) => word.toLowerCase().match(/[a-z0-9'\x80-\xff]+/g) ?? []);
}
