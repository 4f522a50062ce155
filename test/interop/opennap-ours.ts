// Our index server as its operator runs it: the command line in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";
import { type Place, SERVER_PORT } from "./opennap-place.ts";
import { LINK_PASSWORD } from "./opennap-server.ts";

const BIN = fileURLToPath(new URL("../../packages/servent/bin/servent.js", import.meta.url));
const START_SECONDS = 30;
const LINK_SECONDS = 30;

export class OurServer {
  readonly address: string;
  private readonly folder: string;
  private readonly process: ChildProcess;
  /** All that it has said. */
  private said = "";

  /** @param dials Servers that it calls. @param awaits Servers that may call it. */
  static async start(
    place: Place,
    address: string,
    { dials = [], awaits = [] }: { readonly dials?: readonly string[]; readonly awaits?: readonly string[] } = {},
  ): Promise<OurServer> {
    const server = new OurServer(place, address, [
      ...dials.map((peer) => `${peer} ${peer}:${SERVER_PORT} ${LINK_PASSWORD} ${LINK_PASSWORD} dial`),
      ...awaits.map((peer) => `${peer} ${peer}:${SERVER_PORT} ${LINK_PASSWORD} ${LINK_PASSWORD}`),
    ]);
    place.atEnd(() => server.stop());
    await server.hears("clear text", START_SECONDS);
    return server;
  }

  private constructor(place: Place, address: string, links: readonly string[]) {
    this.address = address;
    this.folder = path.join(place.folder, `ours-${address}`);
    mkdirSync(this.folder, { recursive: true });
    const file = (name: string) => path.join(this.folder, name);
    writeFileSync(file("links"), links.map((line) => `${line}\n`).join(""));
    this.process = spawn(
      process.execPath,
      [
        BIN,
        "napster-server",
        "--listen",
        this.endpoint,
        "--name",
        address,
        "--links",
        file("links"),
        "--accounts",
        file("accounts.db"),
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: this.env },
    );
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => (this.said += chunk));
    }
  }

  private get env(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: this.folder };
  }

  get endpoint(): string {
    return `${this.address}:${SERVER_PORT}`;
  }

  /** Where it stands in what it says, to be given to `hears`. */
  get now(): number {
    return this.said.length;
  }

  async linkedWith(peer: string, since = 0): Promise<void> {
    await this.hears(`linked with ${peer}`, LINK_SECONDS, since);
  }

  /** Waits until it says something. */
  async hears(words: string, seconds = LINK_SECONDS, since = 0): Promise<void> {
    await eventually(
      `our server says: ${words}`,
      seconds,
      () => (this.said.indexOf(words, since) >= 0 ? true : undefined),
      () => this.said,
    );
  }

  /** Makes an account. The server, which is running, looks them up at each login. */
  async register(nick: string, password: string): Promise<void> {
    const args = [BIN, "napster-server", "accounts", "add", nick, "--accounts", path.join(this.folder, "accounts.db")];
    const adding = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit"], env: this.env });
    adding.stdin?.end(`${password}\n`);
    const code = await new Promise((resolve) => adding.once("exit", resolve));
    if (code !== 0) throw new Error(`accounts add ended with ${code}`);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill(signal);
    await gone;
  }
}
