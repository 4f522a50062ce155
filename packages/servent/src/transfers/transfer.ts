// A transfer: our wish to have a file, or a peer's to take one. The words, states and reasons of docs/ and the API.
import type { NetworkId, Source } from "../networks/network.ts";

export type TransferState =
  | "queued"
  | "finding"
  | "waiting"
  | "active"
  | "checking"
  | "done"
  | "paused"
  | "failed"
  | "cancelled";

/** Every state but `active`, `checking` and `done` has one; a state without a reason is a bug. */
export type TransferReason =
  | "no_sources"
  | "remote_queue"
  | "remote_busy"
  | "backoff"
  | "both_firewalled"
  | "limit"
  | "schedule"
  | "disk_full"
  | "hash_mismatch"
  | "refused"
  | "peer_gone"
  | "network_off"
  | "permission"
  | "name_conflict"
  | "interface_down"
  | "user";

export type Priority = "low" | "normal" | "high";

/** One file that is wanted, however it was named: by a hit, a URN, a magnet. */
export interface TransferRequest {
  readonly name: string;
  /** Undefined where only a hash is known so far. */
  readonly size: number | undefined;
  readonly urns: readonly string[];
  readonly sources: readonly Source[];
  /** Folder to save into; the configured one where absent. */
  readonly to?: string;
  readonly priority?: Priority;
}

export interface TransferSourceView {
  readonly network: NetworkId;
  readonly peer: string;
  readonly state: "idle" | "connecting" | "active" | "queued" | "backoff" | "dropped";
  /** In words, for people: "Sent wrong bytes for piece 3." Empty where there is nothing to say. */
  readonly note: string;
  readonly rate: number;
  readonly bytes: number;
  /** Place in the source's queue; 0 where there is none. */
  readonly position: number;
  /** When it is asked again, RFC 3339, or null. */
  readonly retryAt: string | null;
}

/** What API, CLI and page show. Sizes in bytes, rates in bytes/s, times RFC 3339 UTC. */
export interface TransferView {
  readonly id: string;
  readonly direction: "down" | "up";
  readonly name: string;
  readonly state: TransferState;
  readonly reason: TransferReason | null;
  /** The state and its reason as one sentence. */
  readonly text: string;
  readonly size: number | null;
  readonly bytesDone: number;
  readonly rate: number;
  /** Milliseconds to the end at the present rate, or null. */
  readonly leftMs: number | null;
  readonly urns: readonly string[];
  readonly priority: Priority;
  readonly sources: readonly TransferSourceView[];
  /** How it was checked: `sha1`, `tiger`, or `none` where no hash was known; null until then. */
  readonly verified: "sha1" | "tiger" | "none" | null;
  /** Full path of the finished file, or null. */
  readonly path: string | null;
  /** The other side of an upload. */
  readonly peer: string | null;
  readonly addedAt: string;
  readonly changedAt: string;
}

export interface WhyFact {
  readonly at: string;
  readonly text: string;
  readonly code: string;
}

export interface WhyAction {
  readonly label: string;
  readonly method: string;
  readonly href: string;
}

/** The causal chain behind a state, newest last, then what one can do. */
export interface Why {
  readonly state: string;
  readonly since: string;
  readonly facts: readonly WhyFact[];
  readonly actions: readonly WhyAction[];
}

/** Getting and giving. Unknown ids throw ServentError `not_found`, impossible changes `conflict`. */
export interface Transfers {
  /** Adds a file; where it is already wanted the same transfer comes back with `created: false` and gains the sources. */
  add(request: TransferRequest): { readonly transfer: TransferView; readonly created: boolean };
  addSources(id: string, sources: readonly Source[]): void;
  list(): readonly TransferView[];
  view(id: string): TransferView;
  why(id: string): Why;
  pause(id: string): void;
  resume(id: string): void;
  retry(id: string): void;
  /** Ends a transfer and deletes its partial data; the row stays in the history. */
  cancel(id: string): void;
  /** Forgets an ended transfer; a finished file stays where it is. */
  remove(id: string): void;
  move(id: string, where: "first" | "last" | "up" | "down"): void;
  setPriority(id: string, priority: Priority): void;
}
