// What a node keeps of the traffic that passes by. A lone servent owns all of it, bounded; many nodes in one process may be
// given tables that they share, which take far less room.
import { RecentRoutes, type Routes } from "../../base/recent-routes.ts";
import { LIMITS } from "./limits.ts";
import type { QueryRoutingTable } from "./query-routing.ts";

export interface GnutellaMemory {
  /** Neighbours that queries came from, by id. */
  readonly queries: Routes;
  /** Neighbours that pushes came from, by id. */
  readonly pushes: Routes;
  /** Neighbours that servents answered through, by servent. */
  readonly pushRoutes: Routes;
  /** Neighbours that pings came from, by id; used where pings are flooded. */
  readonly pings: Routes;
  readonly patches: PatchMemory;
}

/**
 * What patches make of tables. Tables are sealed, so in one process a receiver may hold the very table that its sender told it
 * of, instead of one that it makes again of the patch.
 */
export interface PatchMemory {
  /** The sender: this patch makes `table` of `base`. */
  note(patch: Uint8Array, base: QueryRoutingTable, table: QueryRoutingTable): void;
  /** The receiver: what it makes, where that was noted. */
  result(patch: Uint8Array, base: QueryRoutingTable): QueryRoutingTable | undefined;
}

/** Of a lone servent, whose patches all come from outside. */
export const NO_PATCHES: PatchMemory = { note: () => {}, result: () => undefined };

export function ownMemory(): GnutellaMemory {
  const period = { generationMax: LIMITS.seenGenerationMax, periodMs: LIMITS.seenPeriodMs };
  return {
    queries: new RecentRoutes(period),
    pushes: new RecentRoutes(period),
    pushRoutes: new RecentRoutes({ ...period, generationMax: LIMITS.pushRoutesGenerationMax }),
    pings: new RecentRoutes(period),
    patches: NO_PATCHES,
  };
}
