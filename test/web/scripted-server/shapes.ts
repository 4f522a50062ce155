// The shapes of the HTTP API, as the scripted server answers them: the daemon's own, but open to change.
import type {
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
import type { Static } from "typebox";

export type FileGroup = Static<typeof FileGroupSchema>;
export type Limits = Static<typeof LimitsSchema>;
export type Network = Static<typeof NetworkSchema>;
export type NetworkId = Network["id"];
export type Peer = Static<typeof PeerSchema>;
export type Search = Static<typeof SearchSchema>;
export type Setting = Static<typeof SettingSchema>;
export type Share = Static<typeof ShareSchema>;
export type ShareProblem = Static<typeof ShareProblemSchema>;
export type Transfer = Static<typeof TransferSchema>;
export type TransferState = Transfer["state"];
