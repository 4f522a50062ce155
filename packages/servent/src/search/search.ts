// A search and what it found, as API, CLI and page show it.
import type { NetworkId, SearchNote, Source } from "../networks/network.ts";
import type { Why } from "../transfers/transfer.ts";

export type FileType = "audio" | "video" | "image" | "text" | "archive" | "app" | "other";

export interface SearchRequest {
  readonly words: string;
  readonly urn?: string;
  /** Only these networks; all that are on where absent. */
  readonly networks?: readonly NetworkId[];
  readonly type?: FileType;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  /** Without the dot, lower case. */
  readonly extension?: string;
  readonly timeoutMs?: number;
}

/** What people should know of how one network answered. */
export interface NetworkNote extends SearchNote {
  readonly network: NetworkId;
}

/** `answered`: all that were asked have said that they have no more. `full`: as many hits as it may have. */
export type Ending = "time" | "answered" | "full";

export interface SearchView {
  readonly id: string;
  readonly words: string;
  readonly urn: string | null;
  readonly state: "running" | "done" | "stopped";
  readonly networks: readonly NetworkId[];
  readonly files: number;
  readonly hits: number;
  readonly messages: number;
  readonly bytes: number;
  readonly startedAt: string;
  /** How long it ran, or has been running. */
  readonly durationMs: number;
  /** What ended it, once it is done. */
  readonly ending?: Ending;
  readonly notes: readonly NetworkNote[];
}

/** One content, whatever its names: hits with the same hash, or, where none is known, the same name and size. */
export interface FileGroup {
  /** 1-based, fixed once given: the number people type after `get`. */
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly names: readonly string[];
  readonly size: number;
  readonly type: FileType;
  readonly urns: readonly string[];
  readonly networks: readonly NetworkId[];
  readonly sources: readonly Source[];
  /** In a word: how likely it is to arrive soon. */
  readonly health: "ready" | "busy" | "push" | "unreachable";
  /** `strong`: grouped by hash. */
  readonly match: "strong" | "probable";
  readonly have: boolean;
  readonly transfer: string | null;
}

/** Unknown ids throw ServentError `not_found`. Searches and their results survive a restart for `search.keep`. */
export interface Searches {
  start(request: SearchRequest): SearchView;
  list(): readonly SearchView[];
  view(id: string): SearchView;
  /** The search that was started last, or undefined. */
  latest(): SearchView | undefined;
  results(id: string): readonly FileGroup[];
  stop(id: string): SearchView;
  again(id: string): SearchView;
  remove(id: string): void;
  why(id: string): Why;
}
