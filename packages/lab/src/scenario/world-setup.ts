// Makes the world that a scenario describes, up to the moment when its network stands: peers with their files, started and
// linked as the topology says, or joined one after another.
import type { Millis } from "@servent/overlay/host/host.ts";
import { ChurnSchedule } from "../churn/churn-schedule.ts";
import type { ChurnStream } from "../churn/churn-stream.ts";
import { startChurn } from "../churn/parse-churn.ts";
import type { RandomStream } from "../engine/random.ts";
import { type Fidelity, World } from "../engine/world.ts";
import type { RunContext } from "../experiments/program.ts";
import { DatagramFaults } from "../network/datagram-faults.ts";
import { Rates } from "../network/rates.ts";
import { type Graph, neighboursOf } from "../topology/graph.ts";
import { FileSet } from "./file-set.ts";
import { Operations } from "./operations.ts";
import type { ProtocolNetwork } from "./protocol-kit.ts";
import { UpPeers } from "./up-peers.ts";
import { type LinkSpec, peerNumbers, type WorldSpec } from "./world-spec.ts";

/** Virtual time in which the links of a topology must stand; slow lines need a few seconds. */
const SETUP_MS_MAX = 10 * 60_000;
/** How often it is looked whether they do, and dialled again. */
const ROUND_MS = 500;
/** Dials that one peer gets at once: nodes bound how many strangers may knock at the same time. */
const DIALS_MAX = 32;

/** The world could not be made as the scenario says. */
export class SetupError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "SetupError";
  }
}

export class WorldSetup {
  readonly spec: WorldSpec;
  readonly world: World;
  readonly network: ProtocolNetwork;
  readonly operations: Operations;
  readonly up: UpPeers;
  readonly churn: ChurnStream | undefined;
  /** Numbers of peers, those that come later included. */
  readonly peers: number;
  /** Peers that the topology links. */
  readonly core: number;
  private readonly graph: Graph | undefined;
  private readonly random: RandomStream;

  constructor(spec: WorldSpec, { seed, fidelity }: RunContext) {
    const { kit, link, options, topology } = spec;
    this.spec = spec;
    this.peers = peerNumbers(spec.churn, spec.peers);
    this.core = kit.corePeers(options, spec.peers);
    this.world = makeWorld(link, seed, fidelity, spec.ticksPerMs);
    this.random = this.world.random("setup");
    this.operations = new Operations(this.peers);
    const files = new FileSet(spec.files, this.peers, this.world.random("files"));
    const { world, peers, core, operations } = this;
    this.network = kit.open({ world, peers, core, options, files, operations });
    for (let peer = 0; peer < peers; peer++) this.network.addPeer();
    this.up = new UpPeers(peers);
    this.churn =
      spec.churn === undefined
        ? undefined
        : startChurn(spec.churn, { peers, initial: spec.peers, random: world.random("churn") });
    const built = topology?.build(world.random("topology"));
    if (built !== undefined && !built.ok) throw new SetupError(built.problem);
    this.graph = built?.value;
  }

  /** Runs until the network stands and is warm. */
  establish(): void {
    if (this.graph === undefined) this.joinAll();
    else this.linkAll(this.graph);
    this.world.runFor(this.spec.warmUp);
  }

  /** A peer is up again: at its place in the topology, or through somebody who is there. */
  comeBack(peer: number): void {
    if (this.up.has(peer)) return;
    const neighbours = this.graph !== undefined && peer < this.core ? neighboursOf(this.graph, peer) : [];
    const via = neighbours.length > 0 ? undefined : this.someCorePeer();
    if (via === undefined) this.network.start(peer);
    else this.network.join(peer, via);
    this.up.add(peer);
    for (const neighbour of neighbours) if (this.up.has(neighbour)) this.network.link(peer, neighbour);
  }

  private isUpAtFirst(peer: number): boolean {
    if (this.churn instanceof ChurnSchedule) return this.churn.isUp(peer);
    // A trace says of everybody when they come.
    return this.spec.churn?.kind !== "trace" && peer < this.spec.peers;
  }

  private joinAll(): void {
    for (let peer = 0; peer < this.peers; peer++) {
      if (!this.isUpAtFirst(peer)) continue;
      this.comeBack(peer);
      this.world.runFor(this.spec.joinEvery);
    }
    this.wait(() => this.up.all().every((peer) => this.up.size === 1 || this.network.links(peer) > 0));
  }

  private linkAll(graph: Graph): void {
    for (let peer = 0; peer < this.peers; peer++) {
      if (!this.isUpAtFirst(peer)) continue;
      this.network.start(peer);
      this.up.add(peer);
    }
    let missing = [...this.edges(graph)];
    const wanted = missing.length;
    const isDone = this.wait(() => {
      missing = missing.filter(([one, other]) => !this.network.isLinked(one, other));
      const dials = new Map<number, number>();
      for (const [one, other] of missing) {
        const count = dials.get(other) ?? 0;
        dials.set(other, count + 1);
        if (count < DIALS_MAX) this.network.link(one, other);
      }
      return missing.length === 0;
    });
    if (isDone) return;
    throw new SetupError(`${missing.length} of ${wanted} links of the topology did not open within ten minutes`);
  }

  /** Each edge of the topology once, between peers that are up; everybody whom it leaves out gets one to somebody in it. */
  private *edges(graph: Graph): Iterable<readonly [one: number, other: number]> {
    for (let one = 0; one < this.core; one++) {
      if (!this.up.has(one)) continue;
      for (const other of neighboursOf(graph, one)) if (one < other && this.up.has(other)) yield [one, other];
    }
    for (let peer = this.core; peer < this.peers; peer++) {
      if (!this.up.has(peer)) continue;
      const via = this.someCorePeer();
      if (via !== undefined) yield [peer, via];
    }
  }

  /** Anybody who is up and no leaf. */
  private someCorePeer(): number | undefined {
    if (this.up.size === 0) return undefined;
    for (let tried = 0; tried < CORE_TRIES_MAX; tried++) {
      const peer = this.up.draw(this.random);
      if (this.isCore(peer)) return peer;
    }
    return this.up.all().find((peer) => this.isCore(peer));
  }

  /** Newcomers beyond the first peers are like these. */
  private isCore(peer: number): boolean {
    return peer < this.core || (this.core === this.spec.peers && peer >= this.core);
  }

  private wait(isDone: () => boolean): boolean {
    for (let waited: Millis = 0; waited < SETUP_MS_MAX; waited += ROUND_MS) {
      if (isDone()) return true;
      this.world.runFor(ROUND_MS);
    }
    return isDone();
  }
}

function makeWorld(link: LinkSpec, seed: string, fidelity: Fidelity, ticksPerMs: number): World {
  const { loss, duplicate, reorder, bytesPerMs, line } = link;
  return new World({
    seed,
    fidelity,
    ticksPerMs,
    latency: link.latency(seed),
    loss,
    ...(duplicate + reorder === 0
      ? {}
      : { faults: new DatagramFaults({ duplication: duplicate, reordering: reorder }) }),
    ...(bytesPerMs === undefined ? {} : { bytesPerMs }),
    ...(line === undefined ? {} : { lines: new Rates({ lineOf: () => line, queueBytesMax: line.queueBytesMax }) }),
  });
}

/** Of ten peers one is an ultrapeer, so most searches are over soon. */
const CORE_TRIES_MAX = 50;
