// What an operator may want otherwise.
import type { Link } from "../../../host/host.ts";
import { LIMITS as DIRECTORY } from "../directory/limits.ts";
import { SERVER_LIMITS } from "./limits.ts";

/** How wide its door is, and how it presents itself. */
export interface ServerOptions {
  /** What it is called in its greeting, in statistics and among other servers. Byte text without blanks. */
  readonly name: string;
  /** Of the program: `0.1.0`. */
  readonly version: string;
  /** Lines of greeting behind the first ones; byte text. */
  readonly motd: readonly string[];
  /** Lines before those, for who came by this link. */
  readonly motdOfLink: (link: Link) => readonly string[];
  /** Only who has an account may log in, and nobody makes himself one. */
  readonly registeredOnly: boolean;
  /** Users at the same time. */
  readonly usersMax: number;
  /** Users from one address. */
  readonly usersPerHostMax: number;
  /** Files of one user: `max_shared` of OpenNap. */
  readonly sharesPerUserMax: number;
  /** Memory for what all share, bytes. At most 4 GiB. */
  readonly directoryBytesMax: number;
  /** Hits of one search, and files of one browse. */
  readonly resultsMax: number;
  readonly browseMax: number;
  /** Seconds since 1970, for bans and accounts; the host's clock says nothing of the date. */
  readonly date: () => number;
}

export const SERVER_OPTIONS: Omit<ServerOptions, "name" | "version" | "date"> = {
  motd: [],
  motdOfLink: () => [],
  registeredOnly: false,
  usersMax: 1000,
  usersPerHostMax: SERVER_LIMITS.usersPerHostUsual,
  sharesPerUserMax: 5000,
  directoryBytesMax: DIRECTORY.bytesMax,
  resultsMax: 100,
  browseMax: 500,
};
