// A peer's side of the matter, for one of its networks: asks introducers while it looks for others, tells them where it takes calls,
// and leaves them alone otherwise. How a request travels is its owner's business: HTTP in the product, a stream in the lab.
import { assert } from "../../base/assert.ts";
import type { Host, Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import type { Answer, IntroducedPeer, Reachable, Request } from "./messages.ts";

/** Where others may come to us, and as what. */
export interface Offer {
  readonly network: string;
  readonly port: number;
  readonly load: number;
}

/** How the network stands at this moment. */
export interface Situation {
  /** Networks in which peers are looked for, the most wanted first; empty: there are enough. */
  readonly seeks: readonly string[];
  /** Undefined: nobody should come. */
  readonly offer: Offer | undefined;
  /** Addresses are known that may still turn out well; they are tried before anybody is asked. */
  readonly hasAddresses: boolean;
}

/** Of a network that is off, or has no use for introductions. */
export const NOTHING_SOUGHT: Situation = { seeks: [], offer: undefined, hasAddresses: false };

export interface NewcomerOptions {
  /** Introducers are known by their numbers, from 0 to one less. */
  readonly introducers: number;
  /** The timer that this newcomer may use: one owner has several newcomers. */
  readonly timer: number;
  /** How often the situation is looked at. */
  readonly lookEveryMs: Millis;
  /** Peers to ask for at a time. */
  readonly count: number;
}

export interface NewcomerEvents {
  situation(): Situation;
  /** Takes the request there; the answer comes by `onAnswer` or `onFailed`, later. */
  send(introducer: number, request: Request): void;
  onPeers(peers: readonly IntroducedPeer[]): void;
}

interface Introducer {
  /** A request is on its way. */
  waiting: Request["kind"] | undefined;
  failures: number;
  /** Answers in a row that named nobody. */
  empties: number;
  /** Not to be asked for peers, nor told anything, before. */
  askAt: Millis;
  tellAt: Millis;
  joined: Offer | undefined;
  reachable: Reachable;
}

const SECOND_MS = 1000;

export class Newcomer {
  /** Questions that were answered, and peers that the answers named. */
  readonly counts = { answers: 0, peers: 0, failures: 0 };

  private readonly host: Host;
  private readonly options: NewcomerOptions;
  private readonly events: NewcomerEvents;
  private readonly introducers: Introducer[];
  private isRunning = false;
  /** Since when peers are looked for; undefined: they are not. */
  private seekingSince: Millis | undefined = undefined;
  private askAt: Millis = 0;
  private askEveryMs: Millis;

  constructor(host: Host, options: NewcomerOptions, events: NewcomerEvents) {
    assert(options.introducers <= LIMITS.introducersMax, "no more introducers than the limit");
    this.host = host;
    this.options = options;
    this.events = events;
    this.askEveryMs = LIMITS.askFirstMs;
    this.introducers = Array.from({ length: options.introducers }, () => ({
      waiting: undefined,
      failures: 0,
      empties: 0,
      askAt: 0,
      tellAt: 0,
      joined: undefined,
      reachable: "unknown",
    }));
    const now = host.now();
    for (const each of this.introducers) each.askAt = each.tellAt = now;
  }

  /** What the introducers said of us, at best. */
  get reachable(): Reachable {
    const said = this.introducers.filter(({ joined }) => joined !== undefined).map(({ reachable }) => reachable);
    return said.includes("yes") ? "yes" : said.includes("no") ? "no" : "unknown";
  }

  start(): void {
    this.isRunning = true;
    this.look();
  }

  /** Says goodbye where it joined; the answers need not be waited for. */
  stop(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.host.disarm(this.options.timer);
    for (const [i, each] of this.introducers.entries()) if (each.joined !== undefined) this.leave(i, each, each.joined);
  }

  onTimer(timer: number): void {
    if (timer === this.options.timer && this.isRunning) this.look();
  }

  onAnswer(introducer: number, answer: Answer): void {
    const from = this.introducers[introducer];
    if (from === undefined) return;
    const now = this.host.now();
    const asked = from.waiting;
    from.waiting = undefined;
    from.failures = 0;
    switch (answer.kind) {
      case "peers":
        if (asked !== "ask") return;
        this.counts.answers++;
        this.counts.peers += answer.peers.length;
        from.empties = answer.peers.length === 0 ? from.empties + 1 : 0;
        from.askAt =
          now + Math.min(SECOND_MS * answer.againSeconds * 2 ** Math.max(0, from.empties - 1), LIMITS.askMostMs);
        // Whoever was named has to be tried first; where nobody was, another introducer may know somebody.
        this.askAt = now + (answer.peers.length > 0 ? this.nextWait() : this.options.lookEveryMs);
        if (answer.peers.length > 0) this.events.onPeers(answer.peers);
        break;
      case "joined":
        from.reachable = answer.reachable;
        from.tellAt = now + SECOND_MS * Math.max(1, answer.againSeconds);
        break;
      case "refused":
        this.onRefused(
          from,
          asked,
          now + (answer.againSeconds === 0 ? LIMITS.failedMostMs : SECOND_MS * answer.againSeconds),
        );
        break;
      case "left":
        break;
    }
  }

  /** It did not answer, or nothing that can be understood. */
  onFailed(introducer: number): void {
    const from = this.introducers[introducer];
    if (from === undefined) return;
    this.counts.failures++;
    // Another one takes its place.
    if (from.waiting === "join") from.joined = undefined;
    from.waiting = undefined;
    const wait = Math.min(LIMITS.failedMostMs, LIMITS.failedFirstMs * 2 ** from.failures++);
    from.askAt = from.tellAt = this.host.now() + this.jittered(wait);
  }

  private onRefused(from: Introducer, asked: Request["kind"] | undefined, until: Millis): void {
    if (asked === "ask") from.askAt = until;
    else from.tellAt = until;
    if (asked === "join") from.joined = undefined;
  }

  private look(): void {
    this.host.arm(this.options.timer, this.options.lookEveryMs);
    const { seeks, offer, hasAddresses } = this.events.situation();
    this.tell(offer);
    const now = this.host.now();
    if (seeks.length === 0) {
      this.seekingSince = undefined;
      this.askEveryMs = LIMITS.askFirstMs;
      return;
    }
    if (this.seekingSince === undefined) {
      this.seekingSince = now;
      // A whole network that lost its middle must not come all at once.
      this.askAt = hasAddresses ? now + this.jittered(LIMITS.patienceMs) : now;
    }
    if (now >= this.askAt) this.ask(seeks, offer);
  }

  private ask(seeks: readonly string[], offer: Offer | undefined): void {
    const now = this.host.now();
    const free = this.introducers.flatMap(({ waiting, askAt }, i) => (waiting === undefined && askAt <= now ? i : []));
    const chosen = free[this.host.u32() % Math.max(1, free.length)];
    if (chosen === undefined) return;
    // Whoever does not answer is not waited for longer than for anybody else.
    this.askAt = now + LIMITS.askFirstMs;
    this.send(chosen, {
      kind: "ask",
      networks: seeks.slice(0, LIMITS.networksPerAskMax),
      count: this.options.count,
      port: offer?.port ?? 0,
    });
  }

  /** Keeps the introducers up to date about us: a few of them, chosen by lot. */
  private tell(offer: Offer | undefined): void {
    const now = this.host.now();
    let joined = 0;
    for (const [i, each] of this.introducers.entries()) {
      const before = each.joined;
      if (before === undefined) continue;
      const isSame = offer !== undefined && offer.network === before.network && offer.port === before.port;
      if (!isSame && each.waiting === undefined) this.leave(i, each, before);
      else if (isSame && each.waiting === undefined && each.tellAt <= now) this.join(i, each, offer);
      joined++;
    }
    if (offer === undefined) return;
    const free = this.introducers.flatMap((each, i) =>
      each.joined === undefined && each.waiting === undefined && each.tellAt <= now ? i : [],
    );
    for (; joined < LIMITS.joinedMax && free.length > 0; joined++) {
      const [chosen] = free.splice(this.host.u32() % free.length, 1);
      const introducer = this.introducers[chosen as number];
      if (introducer !== undefined) this.join(chosen as number, introducer, offer);
    }
  }

  private join(number: number, introducer: Introducer, offer: Offer): void {
    introducer.joined = offer;
    this.send(number, { kind: "join", ...offer });
  }

  private leave(number: number, introducer: Introducer, { network, port }: Offer): void {
    introducer.joined = undefined;
    introducer.reachable = "unknown";
    introducer.tellAt = this.host.now();
    this.send(number, { kind: "leave", network, port });
  }

  private send(number: number, request: Request): void {
    const introducer = this.introducers[number] as Introducer;
    introducer.waiting = request.kind;
    this.events.send(number, request);
  }

  private nextWait(): Millis {
    const wait = this.jittered(Math.max(this.askEveryMs, LIMITS.patienceMs));
    this.askEveryMs = Math.min(LIMITS.askMostMs, 2 * this.askEveryMs);
    return wait;
  }

  private jittered(ms: Millis): Millis {
    return Math.ceil(ms * (0.75 + (this.host.u32() % 500) / 1000));
  }
}
