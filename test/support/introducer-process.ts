// An introducer as its owner runs it: the command line in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/servent/bin/servent.js", import.meta.url));

export class IntroducerProcess {
  readonly url: string;
  private readonly child: ChildProcess;
  private askers = 0;

  /** `args`: what stands behind `servent introducer`. Resolves when it listens. */
  static async start(...args: readonly string[]): Promise<IntroducerProcess> {
    const child = spawn(process.execPath, [BIN, "introducer", "--json", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
    for await (const line of createInterface({ input: child.stdout })) {
      return new IntroducerProcess((JSON.parse(line) as { url: string }).url, child);
    }
    throw new Error(`the introducer ended\n${errors}`);
  }

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  /** What it answers to GET; each time somebody else asks, so that nobody asks too often. */
  get<T>(path: string): Promise<T> {
    const asker = this.askers++;
    const localAddress = `127.9.${asker >> 8}.${1 + (asker & 127)}`;
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, this.url), { agent: false, localAddress }, (answer) => {
        let said = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
        answer.on("end", () => {
          if (answer.statusCode === 200) resolve(JSON.parse(said) as T);
          else reject(new Error(`GET ${path}: ${answer.statusCode} ${said}`));
        });
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  /** Ends it with a signal, Ctrl-C where none is named; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const gone = new Promise<number | null>((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    return gone;
  }
}
