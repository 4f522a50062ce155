import type { NetworkId } from "../api/shapes.ts";

/** Its first peers are servers. */
export const hasServers = (network: NetworkId): boolean => network === "napster";
