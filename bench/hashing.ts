// How fast files are hashed: the Tiger tree beside rhash's (native code), and SHA-1 and Tiger together as the library's
// threads do it. Figures are per second of processor time. Exits with 1 below the limit.
//
//   node bench/hashing.ts [MiB]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { base32Encode } from "../packages/overlay/src/base/base32.ts";
import { TigerTreeHasher } from "../packages/overlay/src/base/tiger.ts";
import { HashPool } from "../packages/servent/src/library/hash-pool.ts";

const LIMIT_MB_PER_S = 400;
const ROUNDS = 5;
const CHUNK = 256 * 1024;

const mib = Number(process.argv[2] ?? 256);
const content = new Uint8Array(mib * 1024 * 1024);
for (let i = 0, state = 1; i < content.length; i += 4) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  content[i] = state >>> 24;
}
const megabytes = content.length / 1e6;
const folder = mkdtempSync(join(tmpdir(), "hashing-bench-"));
try {
  console.log(`${mib} MiB, ${process.version}, ${cpus()[0]?.model}; best of ${ROUNDS}`);
  const path = join(folder, "file");
  writeFileSync(path, content);

  let root = "";
  const tree = best(() => {
    const hasher = new TigerTreeHasher(1 << 20);
    for (let at = 0; at < content.length; at += CHUNK) hasher.update(content.subarray(at, at + CHUNK));
    root = base32Encode(hasher.finish().root);
  });
  console.log(`Tiger tree, ours     ${tree.toFixed(0)} MB/s`);

  const sha1 = best(() => {
    const hash = createHash("sha1");
    for (let at = 0; at < content.length; at += CHUNK) hash.update(content.subarray(at, at + CHUNK));
    hash.digest();
  });
  console.log(`SHA-1, node:crypto   ${sha1.toFixed(0)} MB/s`);

  if (spawnSync("rhash", ["--version"]).status === 0) {
    const { stdout } = spawnSync("rhash", ["--printf=%{TTH}", path], { encoding: "utf8" });
    if (stdout.trim() !== root) throw new Error(`rhash says ${stdout}, we say ${root}`);
    const bench = spawnSync("rhash", ["--benchmark", "--tth"], { encoding: "utf8" });
    const rates = Array.from(`${bench.stdout}${bench.stderr}`.matchAll(/([\d.]+) MBps/g), ([, rate]) => Number(rate));
    console.log(`Tiger tree, rhash    ${(Math.max(...rates) * 1.048576).toFixed(0)} MB/s (same root)`);
  } else console.log("Tiger tree, rhash    not installed: apt-get install rhash");

  const pool = new HashPool({ threads: 1 });
  await pool.hash(path, 0).outcome;
  let both = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const from = process.cpuUsage();
    await pool.hash(path, 0).outcome;
    both = Math.max(both, rate(from));
  }
  await pool.close();
  console.log(`library's thread     ${both.toFixed(0)} MB/s (reading, SHA-1 and tree of a file)`);

  if (tree < LIMIT_MB_PER_S) {
    console.error(`missed: ${tree.toFixed(0)} MB/s of Tiger tree, limit ${LIMIT_MB_PER_S}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

function best(work: () => void): number {
  let highest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const from = process.cpuUsage();
    work();
    highest = Math.max(highest, rate(from));
  }
  return highest;
}

function rate(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return megabytes / ((user + system) / 1e6);
}
