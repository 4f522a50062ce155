import { expect, test } from "vitest";
import type { NetworkState } from "./network.ts";
import { Standing } from "./standing.ts";

function watched() {
  const told: NetworkState[] = [];
  const standing: Standing = new Standing("chord", "Chord", () => told.push(standing.state));
  return { standing, told };
}

test("each new state is told once, and what there is to say follows it", async () => {
  const { standing, told } = watched();
  expect(standing.state).toBe("off");

  const launched = standing.starting(async () => {
    expect(standing.sentence).toBe("About to listen.");
    return 7;
  });
  expect(await launched).toBe(7);
  for (const state of ["connecting", "online", "online", "connecting"] as const) standing.enter(state);

  expect(standing.sentence).toBeUndefined();
  expect(told).toEqual(["starting", "connecting", "online", "connecting"]);
});

test("a network that cannot start has failed, says why, and can be started again", async () => {
  const { standing, told } = watched();

  await expect(standing.starting(() => Promise.reject(new Error("Port 80 is taken.")))).rejects.toThrow("is taken");
  expect(standing.sentence).toBe("Port 80 is taken.");
  await standing.starting(async () => undefined);

  expect(standing.sentence).toBe("About to listen.");
  expect(told).toEqual(["starting", "failed", "starting"]);
});

test("who wants something of a network that is off is told so", () => {
  const { standing } = watched();
  expect(standing.offError()).toMatchObject({ code: "network_off", message: "Chord is off." });
  expect(standing.offError().hint).toContain("servent networks enable chord");
  expect(standing.sourceOff()).toMatchObject({ problem: "network_off", message: "Chord is off." });
});
