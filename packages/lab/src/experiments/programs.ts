// Every program that the lab has, by name, and every protocol that a scenario can make a world of.
import { chordKit } from "../scenario/chord-kit.ts";
import { gnutellaKit } from "../scenario/gnutella-kit.ts";
import { chordSchedules } from "./chord/chord-schedules.ts";
import type { Program } from "./program.ts";

const ALL: readonly Program[] = [chordSchedules];

export const PROGRAMS: ReadonlyMap<string, Program> = new Map(ALL.map((program) => [program.name, program]));

/** Protocols whose peers a scenario file can make a world of. */
export const KITS = [chordKit, gnutellaKit] as const;
