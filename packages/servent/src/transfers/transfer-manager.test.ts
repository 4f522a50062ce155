import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ServentError } from "../base/servent-error.ts";
import { SourceError } from "../networks/network.ts";
import type { ScriptedPeer } from "./scripted-network.ts";
import { type Content, MIB, Rig, content, withLies } from "./transfer-fixture.ts";
import type { TransferManagerOptions } from "./transfer-manager.ts";

const rigs: Rig[] = [];
function rig(more: Partial<TransferManagerOptions> = {}): Rig {
  const made = new Rig(more);
  rigs.push(made);
  return made;
}
afterEach(async () => {
  for (const each of rigs.splice(0)) await each.end();
});

function get(r: Rig, file: Content, peers: readonly ScriptedPeer[], urns = [file.sha1], name = "file.bin"): string {
  const sources = peers.map((peer) => peer.source);
  return r.manager.add({ name, size: file.bytes.length, urns, sources }).transfer.id;
}

test("one source gives a file in one request; it is checked and saved under its name", async () => {
  const r = rig();
  const file = content(5 * MIB + 123);
  const peer = r.network.peer("a", file.bytes, [file.sha1]);

  const id = get(r, file, [peer]);
  const view = await r.untilState(id, "done");

  expect(view).toMatchObject({
    verified: "sha1",
    reason: null,
    bytesDone: file.bytes.length,
    path: join(r.downloads, "file.bin"),
  });
  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(peer.asked).toEqual([{ start: 0, end: file.bytes.length }]);
  expect(r.partNames()).toEqual([]);
  expect(r.events[0]?.type).toBe("transfer.added");
  expect(r.events.at(-1)?.type).toBe("transfer.done");
});

test.each([0, 1, MIB - 1, MIB, MIB + 1])("a file of %i bytes comes whole", async (size) => {
  const r = rig();
  const file = content(size);

  const id = get(r, file, [r.network.peer("a", file.bytes, [file.sha1])]);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("nothing stands under the final name before the whole file is checked", async () => {
  const r = rig();
  const file = content(3 * MIB);
  const id = get(r, file, [r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 50 })]);

  await r.until(() => {
    if (r.manager.view(id).state !== "done")
      expect(r.savedNames().every((name) => name !== "file.bin") || r.partNames().length > 0).toBe(true);
    return r.manager.view(id).state === "done";
  });

  expect(r.savedNames()).toEqual(["file.bin"]);
});

test("the same file wanted again is the same transfer, and its sources join", async () => {
  const r = rig();
  const file = content(4 * MIB);
  const a = r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 100 });
  const b = r.network.peer("b", file.bytes, [file.sha1]);
  const id = get(r, file, [a]);

  const again = r.manager.add({
    name: "other name",
    size: undefined,
    urns: [file.sha1.toLowerCase()],
    sources: [b.source],
  });
  await r.untilState(id, "done");

  expect(again).toMatchObject({ created: false, transfer: { id } });
  expect(b.given).toBeGreaterThan(0);
});

test("several sources share the work, the fast one does more of it, and few bytes come twice", async () => {
  const r = rig();
  const file = content(40 * MIB);
  const slow = r.network.peer("slow", file.bytes, [file.sha1], { chunkMs: 400 });
  const fast = r.network.peer("fast", file.bytes, [file.sha1], { chunkMs: 100 });

  const id = get(r, file, [slow, fast]);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(fast.given).toBeGreaterThan(2.5 * slow.given);
  expect(fast.given + slow.given).toBeLessThan(file.bytes.length + 4 * MIB);
  expect(slow.given).toBeGreaterThan(4 * MIB);
});

test("while no rate is known, those are asked first of which their network expects most", async () => {
  const r = rig();
  const file = content(20 * MIB);
  const expected = [1, 5, 2, 9, 3, 8, 4, 7, 6, 0];
  const peers = expected.map((rate, i) =>
    r.network.peer(`p${i}`, file.bytes, [file.sha1], { chunkMs: 100, expected: rate }),
  );

  get(r, file, peers);
  await r.until(() => peers.some(({ asked }) => asked.length > 0));

  // Eight at once: the two of which least is expected are left out.
  const asked = peers.filter((peer) => peer.asked.length > 0);
  expect(asked.map((peer) => peer.expected).toSorted()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  const [first] = asked.toSorted((a, b) => (a.asked[0]?.start ?? 0) - (b.asked[0]?.start ?? 0));
  expect(first?.expected).toBe(9);
});

test("without a hash only sources are mixed that their network takes for one file", async () => {
  const r = rig();
  const [file, other] = [content(2 * MIB), content(2 * MIB)];
  const alike = ["a", "b"].map((name) => r.network.peer(name, file.bytes, [], { chunkMs: 20, likeness: "md5:1" }));
  const unlike = r.network.peer("c", other.bytes, [], { likeness: "md5:2" });
  const unsaid = r.network.peer("d", other.bytes, []);

  const id = get(r, file, [...alike, unlike, unsaid], []);
  const view = await r.untilState(id, "done");

  expect(view.sources.map(({ peer }) => peer)).toEqual(["a", "b"]);
  expect(view.verified).toBe("none");
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a source that joins later takes half of a long range that is under way", async () => {
  const r = rig();
  const file = content(32 * MIB);
  const first = r.network.peer("first", file.bytes, [file.sha1], { chunkMs: 100 });
  const second = r.network.peer("second", file.bytes, [file.sha1], { chunkMs: 100 });
  const id = get(r, file, [first]);
  await r.until(() => first.given > 2 * MIB);

  r.manager.addSources(id, [second.source]);
  await r.untilState(id, "done");

  expect(second.given).toBeGreaterThan(10 * MIB);
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("at the end a fast source takes over what a stuck one still has", async () => {
  const r = rig();
  const file = content(4 * MIB);
  const stuck = r.network.peer("stuck", file.bytes, [file.sha1], { chunkMs: 100, stallAfter: 300_000 });
  const good = r.network.peer("good", file.bytes, [file.sha1], { chunkMs: 100 });

  const id = get(r, file, [stuck, good]);
  const before = r.clock.now();
  await r.untilState(id, "done");

  const whole = r.manager.why(id).facts.find((fact) => fact.code === "checking");
  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(Date.parse(whole?.at ?? "") - before).toBeLessThan(40_000);
});

test("an answer shorter than the range is taken as it is, and the rest asked for", async () => {
  const r = rig();
  const file = content(3 * MIB);
  const peer = r.network.peer("gtk", file.bytes, [file.sha1], { answerBytesMax: 512 * 1024 });

  const id = get(r, file, [peer]);
  await r.untilState(id, "done");

  expect(peer.asked.map((range) => range.start)).toEqual([0, 1, 2, 3, 4, 5].map((i) => i * 512 * 1024));
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a dying source is asked again for just what is missing, also within a piece", async () => {
  const r = rig();
  const file = content(2 * MIB);
  const peer = r.network.peer("dying", file.bytes, [file.sha1], { dieAfter: 300_000 });

  const id = get(r, file, [peer]);
  await r.untilState(id, "done", 1000);

  expect(peer.given).toBeLessThan(file.bytes.length + 70_000);
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a source gone for hours is tried for ever, with growing pauses", async () => {
  const r = rig();
  const file = content(2 * MIB);
  const gone = new SourceError("peer_gone", "The peer cannot be reached.");
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: gone });
  const id = get(r, file, [peer]);

  await r.until(() => peer.asked.length === 12, "12 tries", 60_000);
  expect(r.manager.view(id)).toMatchObject({ state: "waiting", reason: "peer_gone" });
  expect(r.manager.view(id).sources[0]?.retryAt).not.toBeNull();
  peer.problem = undefined;
  await r.untilState(id, "done", 2000);

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("the only source dies in the middle and comes back: it goes on within half a minute", async () => {
  const r = rig();
  const file = content(4 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 100 });
  const id = get(r, file, [peer]);
  await r.until(() => peer.given > MIB);
  peer.dieAfter = 0;
  peer.problem = new SourceError("peer_gone", "The peer cannot be reached.");
  await r.until(() => peer.asked.length > 6, "several tries", 1000);

  peer.problem = undefined;
  peer.dieAfter = Number.POSITIVE_INFINITY;
  const back = r.clock.now();
  await r.until(() => r.manager.view(id).state === "active");

  expect(r.clock.now() - back).toBeLessThan(37_000);
});

test("the source's own wish when to be asked is kept, and its queue place shown", async () => {
  const r = rig();
  const file = content(MIB);
  const queued = new SourceError("remote_queue", "The peer answered 503 Queued.", {
    retryAfterMs: 120_000,
    position: 8,
  });
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: queued });
  const id = get(r, file, [peer]);
  await r.untilState(id, "waiting");

  const view = r.manager.view(id);
  await r.until(() => peer.asked.length === 2);

  expect(view).toMatchObject({ reason: "remote_queue", sources: [{ state: "queued", position: 8 }] });
  expect(view.text).toContain("Place 8");
  expect(r.clock.now()).toBeGreaterThanOrEqual(Date.parse(view.changedAt) + 120_000);
});

test("a source seen again is asked at once, and a known one brings nothing twice", async () => {
  const r = rig();
  const file = content(MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: new SourceError("refused", "No.") });
  const id = get(r, file, [peer]);
  await r.untilState(id, "waiting");

  peer.problem = undefined;
  r.manager.addSources(id, [peer.source]);
  await r.until(() => r.manager.view(id).state === "done", "done", 0);

  expect(r.manager.view(id).sources).toHaveLength(1);
});

test("a stalled source counts as gone after a while", async () => {
  const r = rig({ stallMs: 20_000 });
  const file = content(2 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { stallAfter: 100_000 });
  const id = get(r, file, [peer]);

  await r.untilState(id, "waiting");
  peer.stallAfter = Number.POSITIVE_INFINITY;
  await r.untilState(id, "done");

  expect(r.codes(id)).toContain("timeout");
});

test("with a hash tree a liar is named and dropped at once, and its piece comes from another", async () => {
  const r = rig();
  const file = content(24 * MIB);
  const liar = r.network.peer("liar", withLies(file.bytes, ...Array.from({ length: 24 }, (_, i) => i)), [file.sha1], {
    chunkMs: 50,
  });
  const honest = r.network.peer("honest", file.bytes, [file.sha1], { chunkMs: 50, treeOf: file.bytes });

  const id = get(r, file, [liar, honest], [file.sha1, file.tiger]);
  const view = await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
  const dropped = view.sources.find((source) => source.peer === "liar");
  expect(dropped?.state).toBe("dropped");
  expect(dropped?.note).toMatch(/Sent wrong bytes for piece [0-9]+\./);
  expect(liar.given).toBeLessThan(8 * MIB);
});

test("one wrong piece of one source costs only that piece", async () => {
  const r = rig();
  const file = content(16 * MIB);
  const liar = r.network.peer("liar", withLies(file.bytes, 3), [file.sha1], { treeOf: file.bytes, chunkMs: 20 });
  const id = get(r, file, [liar], [file.sha1, file.tiger]);
  await r.until(() => r.manager.view(id).sources[0]?.state === "dropped");

  const honest = r.network.peer("honest", file.bytes, [file.sha1]);
  r.manager.addSources(id, [honest.source]);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("trees of blocks larger and smaller than a piece are used too", async () => {
  for (const treeBlock of [64 * 1024, 4 * MIB]) {
    const r = rig();
    const file = content(21 * MIB + 5);
    const liar = r.network.peer("liar", withLies(file.bytes, ...Array.from({ length: 21 }, (_, i) => i)), [file.sha1], {
      chunkMs: 50,
    });
    const honest = r.network.peer("honest", file.bytes, [file.sha1], { chunkMs: 50, treeOf: file.bytes, treeBlock });

    const id = get(r, file, [liar, honest], [file.sha1, file.tiger]);
    const view = await r.untilState(id, "done");

    expect(r.saved().equals(file.bytes)).toBe(true);
    expect(view.sources.map((source) => source.state)).toEqual(["dropped", "idle"]);
  }
});

test("a false tree with its own false file loses to the SHA-1, and who was blamed by it is forgiven", async () => {
  const r = rig();
  const file = content(12 * MIB);
  const fake = content(12 * MIB).bytes;
  const poisoner = r.network.peer("poisoner", fake, [file.sha1], { chunkMs: 20, treeOf: fake });
  const honest = r.network.peer("honest", file.bytes, [file.sha1], { chunkMs: 50 });

  const id = get(r, file, [poisoner, honest]);
  const view = await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(view.sources.map((source) => source.state)).toEqual(["dropped", "idle"]);
  expect(view.sources[0]?.note).toBe("Gave a false hash tree.");
});

test("without a tree the liar among several sources is found by the SHA-1, and the file ends right", async () => {
  const r = rig();
  const file = content(12 * MIB);
  const honest = r.network.peer("honest", file.bytes, [file.sha1], { chunkMs: 40 });
  const liar = r.network.peer("liar", withLies(file.bytes, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), [file.sha1], {
    chunkMs: 50,
  });

  const id = get(r, file, [liar, honest]);
  const view = await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(view.sources.map((source) => `${source.peer} ${source.state}`)).toEqual(["liar dropped", "honest idle"]);
  expect(view.verified).toBe("sha1");
});

test("two liars and one honest source, no tree: it ends right", async () => {
  const r = rig();
  const file = content(9 * MIB);
  const all = Array.from({ length: 9 }, (_, i) => i);
  const liars = ["x", "y"].map((name, i) =>
    r.network.peer(name, withLies(file.bytes, ...all.filter((n) => n % 2 === i)), [file.sha1], { chunkMs: 30 }),
  );
  const honest = r.network.peer("honest", file.bytes, [file.sha1], { chunkMs: 60 });

  const id = get(r, file, [...liars, honest]);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("when the only source lies the transfer fails, says so, and goes on as soon as another is found", async () => {
  const r = rig();
  const file = content(3 * MIB);
  const liar = r.network.peer("liar", withLies(file.bytes, 1), [file.sha1]);
  const id = get(r, file, [liar]);

  const view = await r.untilState(id, "failed");
  expect(view).toMatchObject({ reason: "hash_mismatch", path: null });
  expect(r.savedNames()).toEqual([]);
  expect(r.asked).toEqual(["file.bin"]);
  r.manager.addSources(id, [r.network.peer("honest", file.bytes, [file.sha1]).source]);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a file known by its Tiger root alone is checked by it", async () => {
  const r = rig();
  const file = content(5 * MIB);
  const liar = r.network.peer("liar", withLies(file.bytes, 2), [file.tiger]);
  const id = get(r, file, [liar], [file.tiger]);
  await r.untilState(id, "failed");

  r.manager.addSources(id, [r.network.peer("honest", file.bytes, [file.tiger], { treeOf: file.bytes }).source]);
  const view = await r.untilState(id, "done");

  expect(view.verified).toBe("tiger");
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a file without any hash is saved and called unverified", async () => {
  const r = rig();
  const file = content(2 * MIB);
  const id = get(r, file, [r.network.peer("a", file.bytes, [])], []);

  const view = await r.untilState(id, "done");

  expect(view.verified).toBe("none");
  expect(view.text).toContain("unverified");
});

test("without sources it looks for some, now and then and ever less often", async () => {
  const r = rig();
  const file = content(MIB);
  const id = get(r, file, []);
  await r.untilState(id, "finding");
  expect(r.manager.view(id)).toMatchObject({ reason: "no_sources" });

  await r.until(() => r.asked.length === 3, "three searches", 1000);
  expect(r.clock.now() - Date.parse(r.manager.view(id).addedAt)).toBeGreaterThanOrEqual(15 * 60_000);
  r.manager.addSources(id, [r.network.peer("a", file.bytes, [file.sha1]).source]);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("with only a hash the size comes from the source", async () => {
  const r = rig();
  const file = content(MIB + 5);
  const peer = r.network.peer("a", file.bytes, [file.sha1]);
  const { transfer } = r.manager.add({
    name: "x",
    size: undefined,
    urns: [file.sha1],
    sources: [{ ...peer.source, size: 0 }],
  });

  const view = await r.untilState(transfer.id, "done");

  expect(view.size).toBe(MIB + 5);
});

test("a source with a file of another size or hash is left out", async () => {
  const r = rig();
  const file = content(MIB);
  const other = content(MIB);
  const id = get(r, file, []);

  r.manager.addSources(id, [r.network.peer("size", file.bytes.subarray(1), [file.sha1]).source]);
  r.manager.addSources(id, [r.network.peer("hash", other.bytes, [other.sha1]).source]);

  expect(r.manager.view(id).sources).toEqual([]);
});

test("no more transfers run at once than may, in the order of priority and place", async () => {
  const r = rig({ activeDown: 1 });
  const files = [content(2 * MIB), content(2 * MIB), content(2 * MIB), content(2 * MIB)];
  const ids = files.map((file, i) =>
    get(r, file, [r.network.peer(`p${i}`, file.bytes, [file.sha1], { chunkMs: 50 })], [file.sha1], `f${i}`),
  );
  r.manager.setPriority(ids[3] as string, "high");
  r.manager.move(ids[2] as string, "up");
  await r.untilState(ids[3] as string, "active");

  expect(r.manager.view(ids[1] as string)).toMatchObject({ state: "queued", reason: "limit" });
  expect(r.manager.list().filter((view) => view.state === "active")).toHaveLength(1);
  await r.until(() => r.manager.list().every((view) => view.state === "done"));

  const order = r.events.filter((event) => event.type === "transfer.done").map((event) => ids.indexOf(event.data.id));
  expect(order).toEqual([3, 0, 2, 1]);
});

test("a transfer that waits for its source leaves its place to others", async () => {
  const r = rig({ activeDown: 1 });
  const [first, second] = [content(MIB), content(MIB)];
  const busy = r.network.peer("busy", first.bytes, [first.sha1], { problem: new SourceError("remote_busy", "Busy.") });
  const waitingId = get(r, first, [busy], [first.sha1], "first");
  const id = get(r, second, [r.network.peer("b", second.bytes, [second.sha1])], [second.sha1], "second");

  await r.untilState(id, "done");

  expect(r.manager.view(waitingId)).toMatchObject({ state: "waiting", reason: "remote_busy" });
});

test("one peer is asked for no more files at once than may be", async () => {
  const r = rig({ perPeer: 1 });
  const files = [content(2 * MIB), content(2 * MIB)];
  const peers = files.map((file, i) => r.network.peer(`p${i}`, file.bytes, [file.sha1], { chunkMs: 50 }));
  let most = 0;
  files.forEach((file, i) => {
    const source = { ...(peers[i] as ScriptedPeer).source, peer: "the same" };
    r.manager.add({ name: `f${i}`, size: file.bytes.length, urns: [file.sha1], sources: [source] });
  });

  await r.until(() => {
    most = Math.max(most, peers.filter((peer) => peer.open > 0).length);
    return r.manager.list().every((view) => view.state === "done");
  });

  expect(most).toBe(1);
});

test("pause stops at once and keeps every byte, resume goes on from there", async () => {
  const r = rig();
  const file = content(6 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 50 });
  const id = get(r, file, [peer]);
  await r.until(() => peer.given > 2.5 * MIB);

  r.manager.pause(id);
  const given = peer.given;
  await r.until(() => peer.open === 0, "the end of the answer", 1000);
  expect(r.manager.view(id)).toMatchObject({ state: "paused", reason: "user" });
  r.manager.resume(id);
  await r.untilState(id, "done");

  expect(peer.given).toBeLessThanOrEqual(file.bytes.length + 2 * peer.chunkBytes);
  expect(given).toBeLessThan(4 * MIB);
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("cancel deletes what had come and keeps the row; remove forgets it", async () => {
  const r = rig();
  const file = content(4 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 50 });
  const id = get(r, file, [peer]);
  await r.until(() => peer.given > MIB);
  expect(() => r.manager.remove(id)).toThrow(ServentError);

  r.manager.cancel(id);
  expect(r.manager.view(id)).toMatchObject({ state: "cancelled", reason: "user" });
  await r.until(() => r.partNames().length === 0, "an empty folder");
  expect(() => r.manager.resume(id)).toThrow(ServentError);
  r.manager.remove(id);

  expect(r.manager.list()).toEqual([]);
  expect(() => r.manager.view(id)).toThrow(ServentError);
  await r.restart();
  expect(r.manager.list()).toEqual([]);
});

test("retry asks all sources at once, dropped ones too", async () => {
  const r = rig();
  const file = content(2 * MIB);
  const peer = r.network.peer("a", withLies(file.bytes, 0), [file.sha1]);
  const id = get(r, file, [peer]);
  await r.untilState(id, "failed");

  peer.bytes = file.bytes;
  r.manager.retry(id);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a name that is taken gets a number, and a wicked one is made harmless", async () => {
  const r = rig();
  const files = [content(10), content(11)];
  writeFileSync(join(r.downloads, "passwd"), "mine");

  const ids = files.map((file, i) =>
    get(r, file, [r.network.peer(`p${i}`, file.bytes, [file.sha1])], [file.sha1], "../../etc/passwd"),
  );
  for (const id of ids) await r.untilState(id, "done");

  expect(r.savedNames().sort()).toEqual(["passwd", "passwd (2)", "passwd (3)"]);
  expect(r.saved("passwd").toString()).toBe("mine");
});

test("where names must not be changed a taken one pauses the transfer until it is free", async () => {
  const r = rig({ onConflict: "skip" });
  const file = content(10);
  mkdirSync(join(r.downloads, "file.bin"));
  const id = get(r, file, [r.network.peer("a", file.bytes, [file.sha1])]);

  const view = await r.untilState(id, "paused");

  expect(view).toMatchObject({ reason: "name_conflict", verified: "sha1" });
});

test("too little room pauses before anything is written, says how much is missing, and goes on by itself", async () => {
  const r = rig({ reserveDisk: 1_000_000 });
  r.free = 2_000_000;
  const file = content(4 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1]);
  const id = get(r, file, [peer]);

  const view = await r.untilState(id, "paused");
  expect(view).toMatchObject({ reason: "disk_full" });
  expect(view.text).toContain(r.incomplete);
  expect(view.text).toContain("3.2 MB");
  expect(peer.given).toBe(0);
  r.free = 10_000_000;
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a disk that fills up while a file comes pauses it", async () => {
  const r = rig({ reserveDisk: 1000 });
  const file = content(8 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 200 });
  const id = get(r, file, [peer]);
  await r.until(() => peer.given > MIB);

  r.free = 0;
  await r.untilState(id, "paused");
  expect(r.manager.view(id).reason).toBe("disk_full");
  r.free = 1e9;
  await r.untilState(id, "done");

  expect(peer.given).toBeLessThan(file.bytes.length + MIB);
});

test("a network that is off is a reason to wait, and its return is noticed at once", async () => {
  const r = rig();
  r.networkIsOn = false;
  const file = content(MIB);
  const id = get(r, file, [r.network.peer("a", file.bytes, [file.sha1])]);
  const view = await r.untilState(id, "waiting");

  r.networkIsOn = true;
  r.manager.networkChanged();
  await r.until(() => r.manager.view(id).state === "done", "done", 0);

  expect(view.reason).toBe("network_off");
});

test("after a restart it goes on where it was, by itself, and asks for nothing twice", async () => {
  const r = rig();
  const file = content(8 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1, file.tiger], { chunkMs: 50, treeOf: file.bytes });
  const id = get(r, file, [peer]);
  await r.until(() => peer.given > 4.5 * MIB);

  await r.restart();
  const given = peer.given;
  expect(r.manager.view(id).bytesDone).toBeGreaterThanOrEqual(4 * MIB);
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(peer.given - given).toBeLessThanOrEqual(4 * MIB);
});

test("paused stays paused over a restart, ended stays ended, and the history is kept", async () => {
  const r = rig();
  const [a, b] = [content(MIB), content(MIB)];
  const done = get(r, a, [r.network.peer("a", a.bytes, [a.sha1])], [a.sha1], "a");
  await r.untilState(done, "done");
  const paused = get(r, b, [], [b.sha1], "b");
  r.manager.pause(paused);
  const before = r.manager.why(done).facts;

  await r.restart();
  await r.until(() => true, "", 60_000);

  expect(r.manager.view(paused)).toMatchObject({ state: "paused", reason: "user" });
  expect(r.manager.view(done)).toMatchObject({
    state: "done",
    verified: "sha1",
    bytesDone: MIB,
    path: join(r.downloads, "a"),
  });
  expect(r.manager.why(done).facts).toEqual(before);
  expect(existsSync(join(r.downloads, "a"))).toBe(true);
});

test("an interruption between the check and the final name is repaired without a second file", async () => {
  const r = rig();
  const file = content(MIB);
  const id = get(r, file, [r.network.peer("a", file.bytes, [file.sha1])]);
  await r.untilState(id, "done");
  // As if the process had died after the link was made and before the incomplete name was removed.
  const { linkSync } = await import("node:fs");
  linkSync(join(r.downloads, "file.bin"), join(r.incomplete, `${id}.part`));

  await r.restart(() => r.setState(id, "queued"));
  await r.untilState(id, "done");

  expect(r.savedNames()).toEqual(["file.bin"]);
  expect(r.partNames()).toEqual([]);
});

test("the rate limit holds for all downloads together and can be changed while they run", async () => {
  const r = rig({ bytesPerSecond: 1_000_000 });
  const files = [content(3 * MIB), content(3 * MIB)];
  const peers = files.map((file, i) => r.network.peer(`p${i}`, file.bytes, [file.sha1]));
  const ids = files.map((file, i) => get(r, file, [peers[i] as ScriptedPeer], [file.sha1], `f${i}`));
  const start = r.clock.now();

  await r.until(() => r.manager.list().some((view) => view.bytesDone >= MIB), "a first MiB", 20);
  const seconds = (r.clock.now() - start) / 1000;
  const [one, two] = peers.map((peer) => peer.given) as [number, number];
  expect(one + two).toBeLessThan(1_000_000 * seconds + 600_000);
  expect(Math.abs(one - two)).toBeLessThan(300_000);
  r.manager.setRate(0);
  await r.until(() => ids.every((id) => r.manager.view(id).state === "done"), "both", 0);

  expect(r.clock.now() - start).toBeLessThan(4000);
});

test("progress is told at most twice a second, and every event carries the transfer", async () => {
  const r = rig();
  const file = content(6 * MIB);
  const id = get(r, file, [r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 100 })]);
  const start = r.clock.now();
  await r.untilState(id, "done", 20);

  const seconds = (r.clock.now() - start) / 1000;
  const progress = r.events.filter((event) => event.type === "transfer.progress");
  expect(progress.length).toBeGreaterThan(3);
  expect(progress.length).toBeLessThanOrEqual(2 * seconds + 1);
  expect(r.events.every((event) => event.data.id === id)).toBe(true);
});

test("every state but active, checking and done has a reason, and every one a sentence", async () => {
  const r = rig();
  const file = content(4 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { dieAfter: 1_500_000 });
  const id = get(r, file, [peer]);
  await r.untilState(id, "done");

  expect(r.events.length).toBeGreaterThan(3);
  for (const { data } of r.events) {
    expect(data.reason === null).toBe(["active", "checking", "done"].includes(data.state));
    expect(data.text).toMatch(/^[A-Z].*[^ ]$/);
  }
});

test("why tells what happened in order, is bounded, and offers what can be done", async () => {
  const r = rig();
  const file = content(MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: new SourceError("refused", "No.") });
  const id = get(r, file, [peer]);
  for (let i = 0; i < 60; i++) {
    peer.problem = new SourceError("refused", `No, for the ${i}th time.`);
    r.manager.retry(id);
    await r.untilState(id, "waiting");
  }

  const why = r.manager.why(id);

  expect(why.facts).toHaveLength(50);
  expect(
    why.facts
      .slice(-3)
      .map((fact) => fact.text)
      .join(),
  ).toContain("59th");
  expect(why.actions[0]).toEqual({ label: "Try again now", method: "POST", href: `/api/v1/transfers/${id}/retry` });
});

test("what cannot be got by anything is refused, and unknown ids are not found", () => {
  const r = rig();

  expect(() => r.manager.add({ name: "x", size: 1, urns: [], sources: [] })).toThrow(ServentError);
  expect(() => r.manager.add({ name: "x", size: -1, urns: [content(1).sha1], sources: [] })).toThrow(ServentError);
  expect(() => r.manager.view("t_no")).toThrow(ServentError);
});

test("a wrong piece of the only source is found as it comes, and nothing good is fetched again", async () => {
  const r = rig();
  const file = content(20 * MIB);
  const peer = r.network.peer("a", withLies(file.bytes, 13), [file.sha1], { treeOf: file.bytes, chunkMs: 10 });
  const id = get(r, file, [peer], [file.sha1, file.tiger]);
  await r.untilState(id, "failed");
  expect(r.manager.view(id).sources[0]?.note).toBe("Sent wrong bytes for piece 14.");

  const honest = r.network.peer("honest", file.bytes, [file.sha1]);
  r.manager.addSources(id, [honest.source]);
  await r.untilState(id, "done");

  // The wrong piece and the six behind it, which nobody asked the liar for any more.
  expect(honest.given).toBeLessThanOrEqual(7 * MIB);
  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("a file that is wrong from the start is given up after its first pieces, long before its end", async () => {
  const r = rig();
  const file = content(64 * MIB);
  const fake = r.network.peer("fake", content(64 * MIB).bytes, [file.sha1], { treeOf: file.bytes, chunkMs: 10 });
  const id = get(r, file, [fake], [file.sha1, file.tiger]);

  await r.untilState(id, "failed");

  expect(fake.given).toBeLessThan(6 * MIB);
});

test.each([true, false])("an error of our own counts as a failure of the source; size known: %s", async (sizeKnown) => {
  const r = rig();
  const file = content(2 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: new URIError("URI malformed") });
  const size = sizeKnown ? file.bytes.length : 0;
  const source = { ...peer.source, size };
  const request = { name: "file.bin", size: sizeKnown ? size : undefined, urns: [file.sha1], sources: [source] };
  const { id } = r.manager.add(request).transfer;

  await r.until(() => r.manager.view(id).sources[0]?.state === "backoff");
  expect(r.manager.view(id).sources[0]?.note).toContain("URI malformed");
  expect(peer.asked.length).toBe(1);
  peer.problem = undefined;
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
});

test("an error of the disk pauses the transfer and is not held against the source", async () => {
  const r = rig();
  const file = content(2 * MIB);
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: full });

  const id = get(r, file, [peer]);
  const view = await r.untilState(id, "paused");

  expect(view.reason).toBe("disk_full");
  expect(view.sources[0]).toMatchObject({ state: "idle", note: "" });
});

test("a policy without pauses still leaves one between two tries of a source", async () => {
  const r = rig({ retry: { tries: 0, firstMs: 0, maxMs: 0 } });
  const file = content(MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { problem: new SourceError("peer_gone", "No.") });
  const id = get(r, file, [peer]);

  await r.until(() => r.manager.view(id).sources[0]?.state === "backoff", "a pause", 1);

  expect(peer.asked.length).toBe(1);
});
