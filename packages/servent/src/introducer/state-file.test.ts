import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { KeptPeer } from "@servent/overlay/protocols/introducer/desk.ts";
import { readState, writeState } from "./state-file.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const PEER: KeptPeer = {
  network: "chord",
  address: parseEndpoint("192.0.2.1:7000") as number,
  load: 5,
  reachable: "yes",
  seenAgoMs: 1000,
  reachedAgoMs: 2000,
};
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-introducer-state-"));
  file = path.join(folder, "peers.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what was written is read again, older by the time between, and nothing else is left in the folder", () => {
  writeState(file, [PEER, { ...PEER, network: "gnutella/leaf", reachable: "no" }], NOW);
  expect(readState(file, NOW + 60_000)).toEqual([
    { ...PEER, seenAgoMs: 61_000, reachedAgoMs: 62_000 },
    { ...PEER, network: "gnutella/leaf", reachable: "no", seenAgoMs: 61_000, reachedAgoMs: 62_000 },
  ]);
  // A clock that was put back makes nobody younger.
  expect(readState(file, NOW - 60_000)[0]).toEqual(PEER);
  expect(readdirSync(folder)).toEqual(["peers.json"]);
});

test("a peer that was never reached is kept without an age of that", () => {
  const never: KeptPeer = { ...PEER, reachable: "unknown", reachedAgoMs: null };
  writeState(file, [never], NOW);
  expect(JSON.parse(readFileSync(file, "utf8")).peers).toMatchObject([{ reachedAgoMs: null }]);
  expect(readState(file, NOW)).toEqual([never]);
});

test("a file that is not there or empty is one without peers", () => {
  expect(readState(file, NOW)).toEqual([]);
  writeFileSync(file, "");
  expect(readState(file, NOW)).toEqual([]);
});

test.each(["{", "[]", "null", "# my notes", '{"schema":"servent.introducer-state/2","writtenAt":"","peers":[]}'])(
  "a file that is somebody else's is not taken for ours, nor written over: %s",
  (text) => {
    writeFileSync(file, text);
    expect(() => readState(file, NOW)).toThrowError(expect.objectContaining({ code: "refused" }));
    expect(() => readState(folder, NOW)).toThrowError(expect.objectContaining({ code: "refused" }));
  },
);

test.each([
  ["address", "192.0.2.1"],
  ["address", 5],
  ["network", "../x"],
  ["load", 101],
  ["load", -1],
  ["reachable", "maybe"],
  ["seenAgoMs", "1000"],
  ["reachedAgoMs", null],
])("a peer whose %s is %s is left out, and the others are not", (name, value) => {
  const good = { ...PEER, address: "192.0.2.1:7000" };
  const peers = [{ ...good, [name]: value }, good, null, 7];
  writeFileSync(
    file,
    JSON.stringify({ schema: "servent.introducer-state/1", writtenAt: new Date(NOW).toISOString(), peers }),
  );
  expect(readState(file, NOW)).toEqual([PEER]);
});

test("a file that cannot be written is told with what to do", () => {
  expect(() => writeState(path.join(folder, "no", "peers.json"), [], NOW)).toThrowError(/cannot be written/);
});
