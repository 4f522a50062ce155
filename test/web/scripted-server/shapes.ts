// The shapes of the HTTP API, as the scripted server answers them: the daemon's own, but open to change.
import type {
  Answer,
  FileGroupSchema,
  LimitsSchema,
  NetworkSchema,
  PeerSchema,
  SearchSchema,
  SettingSchema,
  ShareProblemSchema,
  ShareSchema,
  TransferSchema,
} from "servent/api/schemas.ts";

type Open<T> = T extends readonly (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T;

export type FileGroup = Open<Answer<typeof FileGroupSchema>>;
export type Limits = Open<Answer<typeof LimitsSchema>>;
export type Network = Open<Answer<typeof NetworkSchema>>;
export type NetworkId = Network["id"];
export type Peer = Open<Answer<typeof PeerSchema>>;
export type Search = Open<Answer<typeof SearchSchema>>;
export type Setting = Open<Answer<typeof SettingSchema>>;
export type Share = Open<Answer<typeof ShareSchema>>;
export type ShareProblem = Open<Answer<typeof ShareProblemSchema>>;
export type Transfer = Open<Answer<typeof TransferSchema>>;
export type TransferState = Transfer["state"];
