// What the API answers, as types only: importing this file loads nothing.
import type { Static } from "typebox";
import type {
  BatchAnswer,
  DhtLookupSchema,
  DhtTableSchema,
  DoctorCheckSchema,
  EventSchema,
  FileGroupSchema,
  FileSchema,
  LimitsSchema,
  LogEntrySchema,
  LoginCodeSchema,
  NetworkSchema,
  ParseAnswer,
  PeerSchema,
  ProblemSchema,
  SearchSchema,
  SettingSchema,
  SharePreviewSchema,
  ShareProblemSchema,
  ShareSchema,
  SystemSchema,
  TokenCreated,
  TokenSchema,
  TransferSchema,
  WhySchema,
} from "../../api/schemas.ts";

export type Batch = Static<typeof BatchAnswer>;
export type Check = Static<typeof DoctorCheckSchema>;
export type DhtLookup = Static<typeof DhtLookupSchema>;
export type DhtTable = Static<typeof DhtTableSchema>;
export type DaemonEvent = Static<typeof EventSchema>;
export type FileGroup = Static<typeof FileGroupSchema>;
export type KnownFile = Static<typeof FileSchema>;
export type Limits = Static<typeof LimitsSchema>;
export type LogEntry = Static<typeof LogEntrySchema>;
export type LoginCode = Static<typeof LoginCodeSchema>;
export type Network = Static<typeof NetworkSchema>;
export type ParsedLink = Static<typeof ParseAnswer>;
export type Peer = Static<typeof PeerSchema>;
export type Problem = Static<typeof ProblemSchema>;
export type Search = Static<typeof SearchSchema>;
export type Setting = Static<typeof SettingSchema>;
export type Share = Static<typeof ShareSchema>;
export type SharePreview = Static<typeof SharePreviewSchema>;
export type ShareProblem = Static<typeof ShareProblemSchema>;
export type System = Static<typeof SystemSchema>;
export type Token = Static<typeof TokenSchema>;
export type NewToken = Static<typeof TokenCreated>;
export type Transfer = Static<typeof TransferSchema>;
export type Why = Static<typeof WhySchema>;

/** One page of a list. */
export interface Page<Item> {
  readonly schema: string;
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly total: number;
}
