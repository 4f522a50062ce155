// What a server of the mesh is told about itself.
import type { Address, Millis } from "../../../host/host.ts";

export interface MeshOptions {
  /** What people call this server, as isServerName takes it; no two servers of a union share one. */
  readonly name: string;
  /** The secret of the union, at least 16 bytes that nobody can guess. It is never sent. */
  readonly key: Uint8Array;
  /** Where other servers may dial us; undefined: nowhere. */
  readonly address: Address | undefined;
  /** Servers to link with: one that is up is enough to hear of all others. */
  readonly servers: readonly Address[];
  /** May an address be dialled that another server told us of? Those of `servers` always may. */
  readonly accepts: (address: Address) => boolean;
  /** Links that we look for. Where there are no more servers than that, each is linked to each. */
  readonly linksWanted: number;
  /** Links that we take. More than `linksWanted`, or a newcomer might find every server full. */
  readonly linksMax: number;
  /** Between two heartbeats of ours. */
  readonly beatMs: Millis;
  /** A server that was not heard for so long, by any way, is down. */
  readonly silenceMs: Millis;
}

export const USUAL_MESH_OPTIONS = {
  accepts: () => true,
  linksWanted: 16,
  linksMax: 32,
  beatMs: 500,
  silenceMs: 3000,
} as const satisfies Partial<MeshOptions>;
