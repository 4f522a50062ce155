// Every program that the lab has, by name, and every protocol that a scenario can make a world of.
import { chordKit } from "../scenario/chord-kit.ts";
import { gnutellaKit } from "../scenario/gnutella-kit.ts";
import { chordBalance } from "./chord/chord-balance.ts";
import { chordChurn } from "./chord/chord-churn.ts";
import { chordFailures } from "./chord/chord-failures.ts";
import { chordHealing } from "./chord/chord-healing.ts";
import { chordLookups } from "./chord/chord-lookups.ts";
import { chordSchedules } from "./chord/chord-schedules.ts";
import { chordStretch } from "./chord/chord-stretch.ts";
import { gnutellaFreeRiders } from "./gnutella/free-riders.ts";
import { gnutellaGrown } from "./gnutella/grown.ts";
import { gnutellaPings } from "./gnutella/pings.ts";
import { gnutellaRemoval } from "./gnutella/removal.ts";
import { gnutellaFlood } from "./gnutella/flood.ts";
import { gnutellaTwoTier } from "./gnutella/two-tier.ts";
import { gnutellaTiers } from "./gnutella/tiers.ts";
import { introducerJoins } from "../introducer/introducer-joins.ts";
import { napsterUnion } from "../napster/napster-union.ts";
import type { Program } from "./program.ts";

const ALL: readonly Program[] = [
  chordBalance,
  chordChurn,
  chordFailures,
  chordHealing,
  chordLookups,
  chordSchedules,
  chordStretch,
  gnutellaFlood,
  gnutellaTwoTier,
  gnutellaTiers,
  gnutellaFreeRiders,
  gnutellaGrown,
  gnutellaPings,
  gnutellaRemoval,
  introducerJoins,
  napsterUnion,
];

export const PROGRAMS: ReadonlyMap<string, Program> = new Map(ALL.map((program) => [program.name, program]));

/** Protocols whose peers a scenario file can make a world of. */
export const KITS = [chordKit, gnutellaKit] as const;
