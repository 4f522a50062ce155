// Where the old programs of the Napster family run in tests: on loopback addresses of this test run's own, in a folder of its own.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const PROGRAMS = ["opennap-ng", "opennap-44", "opennap-36", "teknap"];

/** Why tests against them cannot run here, or undefined where they can. */
export function openNapProblem(folder: string | undefined): string | undefined {
  if (process.platform !== "linux") return "whole networks of loopback addresses need Linux";
  if (folder === undefined) return "SERVENT_OPENNAP does not name a folder with OpenNap and TekNap";
  const missing = PROGRAMS.filter((name) => !existsSync(path.join(folder, "bin", name)));
  if (missing.length > 0) return `there is no ${missing.join(", ")} in ${path.join(folder, "bin")}`;
  return existsSync("/usr/bin/script") ? undefined : "the program `script` (bsdutils) is missing";
}

/** Ports are the same everywhere, since the addresses differ. */
export const SERVER_PORT = 8888;

export class Place {
  readonly folder = mkdtempSync(path.join(tmpdir(), "opennap-"));
  private readonly ended: (() => Promise<void>)[] = [];
  private machines = 0;

  /** An address that nobody else uses: two runs at the same time have different ones. */
  address(): string {
    const { pid } = process;
    return `127.${64 + (pid % 128)}.${(pid >> 7) % 256}.${++this.machines}`;
  }

  /** What must have ended before the next test. */
  atEnd(end: () => Promise<void>): void {
    this.ended.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.ended.splice(0).toReversed()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
