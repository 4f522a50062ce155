// A nats-server of Debian on a port of this machine, for as long as a test needs it.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "./eventually.ts";

/** Debian puts it where only root's PATH leads. */
const PLACES = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin"];
const BINARY = PLACES.map((folder) => path.join(folder, "nats-server")).find((file) => existsSync(file));

/** Why tests with a nats-server cannot run; undefined: they can. */
export const natsProblem = BINARY === undefined ? "there is no nats-server: apt-get install nats-server" : undefined;

export class NatsProcess {
  private readonly args: readonly string[];
  private readonly folder = mkdtempSync(path.join(tmpdir(), "nats-"));
  private process: ChildProcess | undefined;
  private port = -1;

  static async start(...args: readonly string[]): Promise<NatsProcess> {
    const nats = new NatsProcess(args);
    await nats.restart();
    return nats;
  }

  private constructor(args: readonly string[]) {
    this.args = args;
  }

  /** `127.0.0.1:4222`. */
  get place(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** On the port that it had. */
  async restart(): Promise<void> {
    const { folder } = this;
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
    const args = ["-a", "127.0.0.1", "-p", String(this.port), "--ports_file_dir", folder, ...this.args];
    const child = spawn(BINARY ?? "nats-server", args, { stdio: "ignore" });
    this.process = child;
    this.port = await eventually("nats-server listens", 10, () => {
      if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
      const [name] = readdirSync(folder);
      const text = name === undefined ? "" : readFileSync(path.join(folder, name), "utf8");
      const [, port] = /"(?:nats|tls):\/\/127\.0\.0\.1:(\d+)"/.exec(text) ?? [];
      return port === undefined ? undefined : Number(port);
    });
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
