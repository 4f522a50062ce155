// What index servers are asked for us: searches, other holders of a file, lists of users. Brings hits to whoever asked, and tells him
// when all has been said, and what he should know of how it went.
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import { sha1OfUrn, sha1Urn } from "@servent/overlay/base/urn.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { fromByteText, toByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import { CLIENT_LIMITS } from "@servent/overlay/protocols/napster/client-limits.ts";
import { mediaTypeOf } from "@servent/overlay/protocols/napster/media-type.ts";
import { HEAD_BYTES } from "@servent/overlay/protocols/napster/message-writer.ts";
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import type { NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import type { NapsterQuery, SearchProgress } from "@servent/overlay/protocols/napster/searches.ts";
import type { Session } from "@servent/overlay/protocols/napster/session.ts";
import type { SearchHit, SharedFile } from "@servent/overlay/protocols/napster/shared-file.ts";
import { withUrnOfMd5 } from "@servent/overlay/protocols/napster/urn-in-md5.ts";
import type { Hit, RunningSearch, SearchNote, SearchQuery } from "../network.ts";
import { hitOf } from "./hit-sources.ts";

export interface AskedOptions {
  readonly node: () => NapsterNode;
  /** Servers are being looked for now, so one may come. */
  readonly isLooking: () => boolean;
  /** What a user says of his line, before his files are told as hits. */
  readonly onClaim: (nick: string, linkSpeed: number) => void;
}

interface Question {
  readonly onHit: (hit: Hit) => void;
  readonly onDone: () => void;
}

interface Listing extends Question {
  readonly nick: string;
  readonly server: Address;
  isUnknown: boolean;
  messages: number;
  bytes: number;
}

export class Asked {
  private readonly options: AskedOptions;
  /** By token, until stopped or done. */
  private readonly searches = new Map<number, Question>();
  private readonly done = new Set<number>();
  private readonly listings = new Map<number, Listing>();

  constructor(options: AskedOptions) {
    this.options = options;
  }

  /** `onDone` may follow, once, and never before this has returned. */
  ask(query: SearchQuery, onHit: (hit: Hit) => void, onDone: () => void): RunningSearch {
    const [, nick] = BROWSE.exec(query.words) ?? [];
    if (nick !== undefined) return this.browse(toByteText(nick), onHit, onDone);
    const node = this.options.node();
    const [, md5 = "", size] = LIKENESS.exec(query.likeness ?? "") ?? [];
    const token = size === undefined ? node.search(queryOf(query)) : node.resume(md5, Number(size));
    this.searches.set(token, { onHit, onDone });
    this.settleSoon();
    // What it cost, and how it went, is asked for after it has ended, too.
    let cost = { messages: 0, bytes: 0 };
    let progress: SearchProgress | undefined;
    const look = (): void => {
      cost = { ...(node.cost(token) ?? cost) };
      progress = node.progress(token) ?? progress;
    };
    return {
      cost: () => {
        look();
        return cost;
      },
      notes: () => {
        look();
        return progress === undefined ? [] : notesOf(progress, node.onlineCount > 0);
      },
      stop: () => {
        look();
        this.searches.delete(token);
        this.done.delete(token);
        node.stopSearch(token);
      },
    };
  }

  onHit(token: number, hit: SearchHit, session: Session): void {
    const question = this.searches.get(token);
    // What we share ourselves is no hit.
    if (question === undefined || foldNick(hit.nick) === foldNick(session.nick)) return;
    this.options.onClaim(foldNick(hit.nick), hit.linkSpeed);
    question.onHit(hitOf(hit, session.server));
  }

  onBrowseFile(token: number, file: SharedFile): void {
    const listing = this.listings.get(token);
    if (listing === undefined) return;
    const { nick, server, onHit } = listing;
    charge(listing, file.path.length + BROWSED_BYTES);
    // A list says nothing of where its owner is; the answer to the first request does.
    onHit(hitOf({ file: withUrnOfMd5(file), nick, ip: 0, linkSpeed: 0 }, server));
  }

  onBrowseEnd(token: number, isUnknown: boolean): void {
    const listing = this.listings.get(token);
    if (listing === undefined) return;
    this.listings.delete(token);
    // One who leaves in the middle of his list was there.
    listing.isUnknown = isUnknown && listing.messages === 1;
    listing.onDone();
  }

  /** A server has said all, a log-in came to nothing, or servers were looked for: what nobody is left to answer is done. */
  settleSoon(): void {
    // Behind what the node does next: it may dial another server.
    queueMicrotask(() => {
      for (const [token, { onDone }] of this.searches) {
        if (this.done.has(token) || !this.isOver(token)) continue;
        this.done.add(token);
        onDone();
      }
    });
  }

  clear(): void {
    this.searches.clear();
    this.done.clear();
    this.listings.clear();
  }

  private isOver(token: number): boolean {
    const node = this.options.node();
    const progress = node.progress(token);
    if (progress === undefined || progress.open > 0) return false;
    const phases = Array.from(node.all(), ({ phase, isGreeted }) =>
      phase === "online" && !isGreeted ? "logging-in" : phase,
    );
    if (phases.includes("logging-in")) return false;
    return progress.asked > 0 || !(phases.includes("dialling") || this.options.isLooking());
  }

  /** What one user shares, as hits. */
  private browse(nick: string, onHit: (hit: Hit) => void, onDone: () => void): RunningSearch {
    const node = this.options.node();
    const token = node.browse(nick, undefined);
    const server = node.serversFrom(0)[0] ?? 0;
    const listing: Listing = { nick, onHit, onDone, server, isUnknown: false, messages: 0, bytes: 0 };
    let isStopped = false;
    if (token === undefined) {
      queueMicrotask(() => {
        if (!isStopped) onDone();
      });
    } else {
      this.listings.set(token, listing);
      charge(listing, nick.length);
    }
    const isOnline = node.onlineCount > 0;
    return {
      cost: () => ({ messages: listing.messages, bytes: listing.bytes }),
      notes: () => {
        if (token === undefined) return [notAsked(isOnline ? "too many lists are asked for already" : NO_SERVER)];
        if (listing.messages > CLIENT_LIMITS.listedMax) return [partialList(server)];
        if (!listing.isUnknown) return [];
        return [{ code: "no_user", text: `No user ${fromByteText(nick)} is logged in there.` }];
      },
      stop: () => {
        isStopped = true;
        if (token !== undefined) this.listings.delete(token);
      },
    };
  }
}

/** As hit-sources.ts writes it where there is an MD5. */
const LIKENESS = /^md5:([0-9a-f]{32}):(\d+)$/;
/** No server knows a name's ending, so a name that somebody pastes would not be found with it. */
function withoutEnding(words: string): string {
  const isName = /[^\s.]\.[A-Za-z0-9]+\s*$/.test(words) && mediaTypeOf(words.trimEnd()) !== "application";
  return isName ? words.slice(0, words.lastIndexOf(".")) : words;
}

/** Words that ask for all that one user shares: `@anna`. */
const BROWSE = /^\s*@(\S+)\s*$/;
/** Of a line of a list, besides its path: MD5 and numbers, about. */
const BROWSED_BYTES = 70;
const NO_SERVER = "no index server has logged us in";

function notesOf({ asked, cut }: SearchProgress, isOnline: boolean): SearchNote[] {
  if (asked === 0) return [notAsked(isOnline ? "the index servers know no hashes" : NO_SERVER)];
  return cut.map((server) => ({
    code: "partial",
    text: `${formatEndpoint(server)} gives at most ${CLIENT_LIMITS.answersMax} answers, so there may be more: use more words.`,
  }));
}

function partialList(server: Address): SearchNote {
  return {
    code: "partial",
    text: `${formatEndpoint(server)} lists at most ${CLIENT_LIMITS.listedMax} files of a user, so there may be more: search by words.`,
  };
}

function notAsked(reason: string): SearchNote {
  return { code: "not_asked", text: `Nobody was asked: ${reason}.` };
}

function charge(listing: Listing, bytes: number): void {
  listing.messages++;
  listing.bytes += HEAD_BYTES + bytes;
}

function queryOf({ words, urn, name }: SearchQuery): NapsterQuery {
  // A Tiger root means nothing to an index server.
  const sha1 = urn === undefined ? undefined : sha1OfUrn(urn);
  return {
    words: toByteText(withoutEnding(words.toWellFormed())),
    urn: sha1 === undefined ? "" : sha1Urn(sha1),
    name: toByteText(name?.toWellFormed() ?? ""),
  };
}
