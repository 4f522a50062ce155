// What a server knows of one link: how far it is, who is there, what waits for it and what may have to go another way.
import type { Address, Link, Millis } from "../../../host/host.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { Hello } from "./messages.ts";
import type { SendQueue } from "./send-queue.ts";
import type { Greetings } from "./proof.ts";
import { Unacknowledged } from "./unacknowledged.ts";

/** `greeting`: the other side's hello is awaited; `proving`: its proof. */
export type Phase = "dialling" | "greeting" | "proving" | "open" | "closing";

export class MeshLink {
  readonly link: Link;
  readonly inbound: boolean;
  /** Where we dialled, or the source of an inbound link. */
  readonly remote: Address;
  phase: Phase;
  /** When the handshake must be over. */
  readonly deadline: Millis;
  heardAt: Millis;
  ours: Hello | undefined;
  theirs: Hello | undefined;
  /** Both sides have shown that they know the key. */
  isProved = false;
  /** It was open for both sides once: heartbeats came. */
  wasOpen = false;
  /** Why it ends, in the words of who hangs up. */
  goodbye: string | undefined;
  queue: SendQueue | null = null;
  readonly unacknowledged = new Unacknowledged();
  /** Envelopes that came over it, and of how many the other side knows that. */
  received = 0;
  receivedTold = 0;
  faults = 0;
  private work: number = MESH_LIMITS.workBurst;
  private workAt: Millis;

  constructor(link: Link, remote: Address, inbound: boolean, now: Millis) {
    this.link = link;
    this.remote = remote;
    this.inbound = inbound;
    this.phase = inbound ? "greeting" : "dialling";
    this.heardAt = now;
    this.workAt = now;
    this.deadline = now + MESH_LIMITS.handshakeTimeoutMs;
  }

  get isPending(): boolean {
    return this.phase === "dialling" || this.phase === "greeting" || this.phase === "proving";
  }

  /** Both hellos, when both are there. */
  get greetings(): Greetings | undefined {
    const { ours, theirs } = this;
    if (ours === undefined || theirs === undefined) return undefined;
    return this.inbound ? { dialler: theirs, answerer: ours } : { dialler: ours, answerer: theirs };
  }

  /** Takes units of work from the neighbour's budget. False: it has used it up, but for the reserve. */
  spend(units: number, now: Millis, reserve = 0): boolean {
    const more = Math.floor(((now - this.workAt) * MESH_LIMITS.workPerSecond) / 1000);
    if (more > 0) {
      this.work = Math.min(MESH_LIMITS.workBurst, this.work + more);
      this.workAt = now;
    }
    if (this.work < units + reserve) return false;
    this.work -= units;
    return true;
  }
}
