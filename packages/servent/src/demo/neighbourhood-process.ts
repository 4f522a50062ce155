// The process in which the demo's neighbours live. It tells its parent where to begin, and ends with it.
import { openNeighbourhood } from "./neighbourhood.ts";

/** What the parent hears, once. */
export type NeighbourhoodMessage =
  | {
      readonly kind: "ready";
      readonly entry: readonly { host: string; port: number }[];
      readonly ring: readonly { host: string; port: number }[];
      readonly indexServers: readonly { host: string; port: number }[];
      readonly peers: number;
      readonly files: number;
    }
  | { readonly kind: "failed"; readonly message: string };

const root = process.argv[2];
if (root === undefined || process.send === undefined) throw new Error("started by the demo only");
const tell = (message: NeighbourhoodMessage): void => {
  process.send?.(message);
};

try {
  const neighbourhood = await openNeighbourhood(root);
  const { entry, ring, indexServers, peers, files } = neighbourhood;
  tell({ kind: "ready", entry, ring, indexServers, peers, files });
  // Ctrl-C reaches the whole group; the parent decides when we end.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => void neighbourhood.close().finally(() => process.exit(0)));
} catch (error) {
  tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect();
}
