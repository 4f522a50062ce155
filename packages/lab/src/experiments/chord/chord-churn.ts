// Lookups while peers join and leave all the time: the paper's two experiments (ToN 2003, §V-E; SIGCOMM 2001, §6.5). A lookup
// has succeeded if it names the peer that owns the key when it ends: the first peer at or after it. From when on a joiner owns its
// keys is a setting: from its first question on, or when its join is done, whoever has heard of it. It owns them until it leaves.
// `failures` is per 10,000 lookups; lookups whose asker left before they ended are `abandoned` and count nowhere else.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { LookupResult } from "@servent/overlay/protocols/chord/lookup.ts";
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import { PoissonChurn } from "../../churn/poisson-churn.ts";
import { type ChordWorld, randomId } from "../../chord/chord-world.ts";
import type { RandomStream } from "../../engine/random.ts";
import { WholeCounts } from "../../measures/distribution.ts";
import { exponentialDraw } from "../../random-draws.ts";
import type { Findings, Program, RunContext, Settings } from "../program.ts";
import { hopValues } from "./hop-values.ts";
import { answeredInTime, idealRing, memoryOf } from "./ideal-ring.ts";
import { LiveRing } from "./live-ring.ts";
import { numberOf, wordOf } from "../setting-values.ts";

const LEAVING = ["goodbye", "crash"] as const;
const UPKEEPS = ["original", "repaired"] as const;
const JOINER_OWNS = ["from-its-first-question", "when-it-has-joined"] as const;

/** One way, on average. */
const DELAY_MS = 50;
const TIMEOUT_MS = 500;

export const chordChurn: Program = {
  name: "chord-churn",
  summary: "lookups in a Chord ring that peers join and leave all the time",
  settings: {
    peers: { default: 1000, least: 2, most: 100_000, whole: true, summary: "peers in the ring at the start" },
    successors: { default: 20, least: 1, most: 64, whole: true, summary: "length of the successor list" },
    upkeep: { default: "repaired", choices: UPKEEPS, summary: "as published, or with Zave's repairs" },
    perSecond: { default: 0.05, least: 1e-6, most: 10, summary: "joins in a second, and as many who leave" },
    joinerOwns: {
      default: "when-it-has-joined",
      choices: JOINER_OWNS,
      summary: "from when on a lookup must find a joiner; the papers do not say",
    },
    leaving: { default: "goodbye", choices: LEAVING, summary: "whether who leaves says so" },
    lookupsPerSecond: { default: 1, least: 0.001, most: 1000, summary: "lookups in a second, of random keys" },
    roundLeastMs: {
      default: 15_000,
      least: 1,
      most: 600_000,
      whole: true,
      summary: "least time between two rounds, ms",
    },
    roundMostMs: { default: 45_000, least: 1, most: 600_000, whole: true, summary: "most time between two rounds, ms" },
    listTurns: {
      default: true,
      summary: "a round refreshes one finger or one entry of the list, as in ToN 2003; otherwise one finger",
    },
    warmUpSeconds: { default: 900, least: 0, most: 100_000, whole: true, summary: "churn before lookups count" },
    seconds: { default: 7200, least: 1, most: 1_000_000, whole: true, summary: "time in which lookups count" },
  },

  memory: (settings) => memoryOf(peersMax(settings), numberOf(settings, "successors"), true),

  run: (context) => new ChurnRun(context).run(),
};

class ChurnRun {
  private readonly context: RunContext;
  private readonly chord: ChordWorld;
  /** Whose join is done: they are asked and ask. */
  private readonly members: LiveRing;
  /** Who owns the keys, by the setting. */
  private readonly owners: LiveRing;
  private readonly leaves: boolean;
  private readonly churn: PoissonChurn;
  private readonly ids: RandomStream;
  private readonly choices: RandomStream;
  private readonly lookups: RandomStream;
  /** The keys of lookups under way, by origin and number. */
  private readonly open = new Map<string, number>();
  private readonly hops = new WholeCounts();
  private readonly timeouts = new WholeCounts();
  private readonly ownerTimeouts = new WholeCounts();
  private wrong = 0;
  private lost = 0;
  /** Would have failed if nobody tried again after a timeout. */
  private firstTryFailures = 0;

  constructor(context: RunContext) {
    this.context = context;
    const { settings } = context;
    const peers = numberOf(settings, "peers");
    const [leastMs, mostMs] = [numberOf(settings, "roundLeastMs"), numberOf(settings, "roundMostMs")];
    assert(leastMs <= mostMs, "roundLeastMs is at most roundMostMs");
    const { chord } = idealRing(context, {
      latency: answeredInTime(DELAY_MS, TIMEOUT_MS),
      peers,
      peersMax: peersMax(settings),
      successors: numberOf(settings, "successors"),
      node: {
        upkeep: wordOf(settings, "upkeep", UPKEEPS),
        roundMs: [leastMs, mostMs],
        restRounds: settings.listTurns === true ? numberOf(settings, "successors") : 0,
        timeoutMs: TIMEOUT_MS,
        tries: 1,
      },
    });
    this.chord = chord;
    const { world } = chord;
    const first = chord.nodes.map(({ self }) => self);
    this.members = new LiveRing(first);
    const early = wordOf(settings, "joinerOwns", JOINER_OWNS) === "from-its-first-question";
    this.owners = early ? new LiveRing(first) : this.members;
    this.leaves = wordOf(settings, "leaving", LEAVING) === "goodbye";
    const perSecond = numberOf(settings, "perSecond");
    const random = world.random("churn");
    this.churn = new PoissonChurn({ initial: peers, peers: peersMax(settings), perSecond, random });
    this.ids = world.random("ids of newcomers");
    this.choices = world.random("origins");
    this.lookups = world.random("lookups");
  }

  run(): Findings {
    const { chord, churn, context } = this;
    const { world, listener } = chord;
    for (const node of chord.nodes) node.enter();
    listener.onPhase = (address, phase) => this.onPhase(address, phase);
    listener.onLookup = (origin, result) => this.onLookup(origin, result);

    const gapMs = 1000 / numberOf(context.settings, "lookupsPerSecond");
    const beginMs = 1000 * numberOf(context.settings, "warmUpSeconds");
    const endMs = beginMs + 1000 * numberOf(context.settings, "seconds");
    let lookupDue = beginMs + gapMs * exponentialDraw(this.lookups);
    for (;;) {
      const at = Math.min(churn.at, Math.ceil(lookupDue));
      if (at > endMs) break;
      world.runFor(at - world.now);
      if (churn.at === at) {
        if (churn.up) this.join(churn.peer);
        else this.leave(churn.peer);
        churn.advance();
      } else {
        this.lookUp();
        lookupDue += gapMs * exponentialDraw(this.lookups);
      }
      context.progress(world.now, endMs, "milliseconds");
    }
    world.runFor(LAST_MS);
    return this.findings();
  }

  private join(number: Address): void {
    const node = this.chord.add(randomId(this.ids));
    // Peers are numbered in the order in which they come, here as in the churn.
    assert(node.self.address === number, "there are numbers for all newcomers");
    // Everybody may have left a small ring.
    if (this.members.size === 0) node.create();
    else node.join(this.members.member(this.choices.below(this.members.size)).address);
    if (this.owners !== this.members) this.owners.add(node.self);
  }

  private leave(address: Address): void {
    const { nodes, peers, world } = this.chord;
    const node = nodes[address] as ChordNode<number>;
    if (this.members.has(node.self)) this.members.remove(node.self);
    if (this.owners.has(node.self)) this.owners.remove(node.self);
    const peer = peers[address];
    if (this.leaves) node.leave();
    else if (peer !== undefined) world.crash(peer);
  }

  private onPhase(address: Address, phase: string): void {
    const { nodes, peers, world } = this.chord;
    const { self } = nodes[address] as ChordNode<number>;
    if (phase === "member" && !this.members.has(self)) this.members.add(self);
    // Lost all its successors and joins anew.
    if (phase === "joining" && this.members.has(self)) this.members.remove(self);
    const peer = peers[address];
    if (phase === "out" && peer !== undefined) world.crash(peer);
  }

  private lookUp(): void {
    if (this.members.size === 0) return;
    const { address } = this.members.member(this.choices.below(this.members.size));
    const key = randomId(this.lookups);
    const number = (this.chord.nodes[address] as ChordNode<number>).lookup(key);
    this.open.set(`${address}/${number}`, key);
  }

  private onLookup(origin: Address, { number, owner, hops, timeouts, ownerTimeouts }: LookupResult<number>): void {
    const key = this.open.get(`${origin}/${number}`);
    if (key === undefined) return;
    this.open.delete(`${origin}/${number}`);
    this.hops.add(hops);
    this.timeouts.add(timeouts);
    this.ownerTimeouts.add(ownerTimeouts);
    const isRight = owner !== undefined && owner.address === this.owners.owner(key);
    if (owner === undefined) this.lost++;
    else if (!isRight) this.wrong++;
    if (!isRight || timeouts + ownerTimeouts > 0) this.firstTryFailures++;
  }

  private findings(): Findings {
    const { world } = this.chord;
    const ended = this.hops.total;
    return {
      values: {
        ...hopValues(this.hops),
        timeouts: this.timeouts.mean,
        ownerTimeouts: this.ownerTimeouts.mean,
        failures: (10_000 * (this.wrong + this.lost)) / ended,
        firstTryFailures: this.firstTryFailures / ended,
        wrong: this.wrong,
        lost: this.lost,
        lookups: ended,
        abandoned: this.open.size,
        members: this.members.size,
      },
      tables: { hops: this.hops.table("hops"), timeouts: this.timeouts.table("timeouts") },
      digest: world.digest(),
      events: world.events,
    };
  }
}

/** The last lookups end within. */
const LAST_MS: Millis = 60_000;

/** Peers that can ever be: with so many standard deviations more than expected there is always a number left. */
const SPARE_DEVIATIONS = 10;

function peersMax(settings: Settings): number {
  const seconds = numberOf(settings, "warmUpSeconds") + numberOf(settings, "seconds");
  const joins = seconds * numberOf(settings, "perSecond");
  return numberOf(settings, "peers") + Math.ceil(joins + SPARE_DEVIATIONS * Math.sqrt(joins + 1));
}
