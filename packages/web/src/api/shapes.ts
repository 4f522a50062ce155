// The shapes the HTTP API answers with, taken from its own schemas: a drift between daemon and page does not compile.
import type {
  Answer,
  BatchAnswer,
  BatchRequest,
  FileGroupSchema,
  LimitsPatch,
  LimitsSchema,
  NetworkSchema,
  ParseAnswer,
  PeerSchema,
  SearchCreate,
  SearchSchema,
  SettingSchema,
  SharePreviewSchema,
  ShareProblemSchema,
  ShareSchema,
  SystemSchema,
  TransferCreate,
  TransferCreated,
  TransferSchema,
  WhySchema,
} from "servent/api/schemas.ts";

export type System = Answer<typeof SystemSchema>;
export type Network = Answer<typeof NetworkSchema>;
export type NetworkId = Network["id"];
export type Peer = Answer<typeof PeerSchema>;
export type Search = Answer<typeof SearchSchema>;
export type NewSearch = Answer<typeof SearchCreate>;
export type FileGroup = Answer<typeof FileGroupSchema>;
export type FileType = FileGroup["type"];
export type Transfer = Answer<typeof TransferSchema>;
export type TransferState = Transfer["state"];
export type NewTransfer = Answer<typeof TransferCreate>;
export type AddedTransfer = Answer<typeof TransferCreated>;
export type ParsedLink = Answer<typeof ParseAnswer>;
export type Batch = Answer<typeof BatchRequest>;
export type BatchAction = Batch["action"];
export type BatchResult = Answer<typeof BatchAnswer>;
export type Why = Answer<typeof WhySchema>;
export type Share = Answer<typeof ShareSchema>;
export type SharePreview = Answer<typeof SharePreviewSchema>;
export type ShareProblem = Answer<typeof ShareProblemSchema>;
export type Limits = Answer<typeof LimitsSchema>;
export type LimitsChange = Answer<typeof LimitsPatch>;
export type Setting = Answer<typeof SettingSchema>;

/** One page of a list. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** Cursor of the next page, null at the end. */
  readonly next: string | null;
  readonly total: number;
}

/** What the event stream says. `id` is null where the event is not one of a row: `reset`, and held-back progress. */
export interface LiveEvent {
  readonly id: number | null;
  /** RFC 3339. */
  readonly at: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
