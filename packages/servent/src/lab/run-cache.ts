// Runs that are already made, kept by the name of their job: a sweep that was interrupted goes on where it ended.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Findings } from "@servent/lab/experiments/program.ts";
import { readFindings, writeFindings, type WrittenFindings } from "./exact-json.ts";
import type { JobCost } from "./job-messages.ts";
import { writeTextFile } from "./text-files.ts";

const SCHEMA = "servent.lab-run/1";

export interface KeptRun {
  readonly findings: Findings;
  readonly cost: JobCost;
}

interface WrittenRun {
  readonly schema: string;
  readonly id: string;
  readonly findings: WrittenFindings;
  readonly cost: JobCost;
}

export class RunCache {
  private readonly folder: string;

  constructor(out: string) {
    this.folder = path.join(out, "runs");
  }

  /** Undefined where there is none, or only what a crash left of one. */
  read(id: string): KeptRun | undefined {
    const file = this.file(id);
    if (!existsSync(file)) return undefined;
    try {
      const written = JSON.parse(readFileSync(file, "utf8")) as WrittenRun;
      if (written.schema !== SCHEMA || written.id !== id) return undefined;
      return { findings: readFindings(written.findings), cost: written.cost };
    } catch {
      return undefined;
    }
  }

  keep(id: string, { findings, cost }: KeptRun): void {
    const written: WrittenRun = { schema: SCHEMA, id, findings: writeFindings(findings), cost };
    writeTextFile(this.file(id), `${JSON.stringify(written)}\n`);
  }

  private file(id: string): string {
    return path.join(this.folder, `${id}.json`);
  }
}
