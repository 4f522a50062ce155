// The lab, as a world for the compliance suite.
import { uniform } from "@servent/lab/network/latency.ts";
import { type Fidelity, World } from "@servent/lab/engine/world.ts";
import type { ComplianceWorld } from "./host-compliance.ts";
import { Recorder } from "./recorder.ts";
import { testCodec } from "./test-protocol.ts";

const PATIENCE_MS = 600_000;
const NOBODY = 1_000_000;
const MARK_BYTES = 96 * 1024;

/** Latency varies, so that later messages would overtake if they could; lines are slow, so that they fill. */
export function labWorld(fidelity: Fidelity): ComplianceWorld {
  const world = new World({
    seed: 7,
    fidelity,
    latency: uniform(1, 30),
    bytesPerMs: 1000,
    markBytes: MARK_BYTES,
    freeze: true,
  });
  const makePeer = async (): Promise<Recorder> => {
    const peer = world.peer(testCodec);
    const recorder = new Recorder(peer.host, peer.port);
    peer.attach(recorder);
    return recorder;
  };
  return {
    carriesBytes: fidelity === "wire",
    markBytes: MARK_BYTES,
    peer: makePeer,
    unreadPeer: async () => ({ recorder: await makePeer(), read: () => {} }),
    absent: async () => NOBODY,
    until: async (condition) => {
      if (!world.runUntil(condition, PATIENCE_MS)) throw new Error(`not within ${PATIENCE_MS} ms: ${condition}`);
    },
    finish: async () => {},
  };
}
