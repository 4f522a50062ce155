// An index server as its operator runs it: the command line in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/servent/bin/servent.js", import.meta.url));

export class IndexServerProcess {
  private readonly child: ChildProcess;

  /** `args`: what stands behind `servent napster-server`. Resolves when it listens. */
  static async start(...args: readonly string[]): Promise<IndexServerProcess> {
    const child = spawn(process.execPath, [BIN, "napster-server", "--json", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes("servent.napster-server/1")) return new IndexServerProcess(child);
    }
    throw new Error(`the index server ended\n${errors}`);
  }

  private constructor(child: ChildProcess) {
    this.child = child;
    // What it says later is of no interest, but a full pipe would stop it.
    child.stdout?.resume();
  }

  /** Ends it with a signal and resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await gone;
  }
}
