// Drives an old server, opennap-ng 0.50, opennap 0.44 or 0.36, as a black box: files that it reads, and what an operator may say to it.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { eventually } from "../support/eventually.ts";
import { NapsterLine } from "./opennap-line.ts";
import { type Place, SERVER_PORT } from "./opennap-place.ts";

export type OldServerKind = "ng" | "44" | "36";

/** What every server of a test proves to every other one. */
export const LINK_PASSWORD = "tide-tables";
const OPERATOR_PASSWORD = "harbour";

const START_SECONDS = 10;

export class OldServer {
  /** Also its name: a server is believed only where its name stands for the address that it comes from. */
  readonly address: string;
  readonly kind: OldServerKind;
  private readonly place: Place;
  private readonly binary: string;
  private readonly folder: string;
  private process: ChildProcess | undefined;

  /** @param peers Addresses of the servers that it may be linked with. */
  static async start(
    place: Place,
    kind: OldServerKind,
    programs: string,
    { address, peers }: { readonly address: string; readonly peers: readonly string[] },
  ): Promise<OldServer> {
    const server = new OldServer(place, kind, programs, address);
    server.configure(peers);
    await server.launch();
    place.atEnd(() => server.stop());
    return server;
  }

  private constructor(place: Place, kind: OldServerKind, programs: string, address: string) {
    this.place = place;
    this.kind = kind;
    this.address = address;
    this.binary = path.join(programs, "bin", `opennap-${kind}`);
    this.folder = path.join(place.folder, `server-${address}`);
  }

  get endpoint(): string {
    return `${this.address}:${SERVER_PORT}`;
  }

  async launch(): Promise<void> {
    const log = openSync(path.join(this.folder, "log"), "a");
    const args = this.kind === "36" ? ["-c", path.join(this.folder, "config")] : ["-c", this.folder];
    if (this.kind === "ng") args.push("-e", this.folder);
    this.process = spawn(this.binary, args, { cwd: this.folder, stdio: ["ignore", log, log] });
    closeSync(log);
    await eventually(
      `${this.kind} at ${this.endpoint}`,
      START_SECONDS,
      () => isOpen(this.address),
      () => this.log,
    );
  }

  /** Asks it to link with a server that it knows, as an operator does. Throws where it says that it cannot. */
  async linkWith(peer: string): Promise<void> {
    const answer = await this.askToLink(peer);
    if (!answer.includes("has joined")) throw new Error(`${this.address} with ${peer}: ${answer}\n${this.log}`);
  }

  /** What it says in the end: that the other one has joined, or why not. */
  async askToLink(peer: string): Promise<string> {
    const operator = await this.operate();
    const before = operator.count;
    operator.send(10_100, this.kind === "36" ? `${peer} ${SERVER_PORT}` : peer);
    const said = await operator.until(
      404,
      (text) => (text.includes(peer) && text.includes("has joined")) || /fail|already|refused/.test(text),
      before,
    );
    operator.close();
    return said;
  }

  /** Ends it as a crash does, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  get log(): string {
    return readFileSync(path.join(this.folder, "log"), "utf8").slice(-3000);
  }

  /** Who has an account there, as one nick on two servers of a tree is one too many: each has an operator of its own. */
  get operator(): string {
    return `op${this.address.split(".").at(-1)}`;
  }

  private async operate(): Promise<NapsterLine> {
    return NapsterLine.login(this.endpoint, {
      nick: this.operator,
      from: this.place.address(),
      password: OPERATOR_PASSWORD,
    });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { process: running } = this;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await gone;
  }

  private configure(peers: readonly string[]): void {
    mkdirSync(this.folder, { recursive: true });
    const put = (name: string, lines: readonly string[]) =>
      writeFileSync(path.join(this.folder, name), lines.map((line) => `${line}\n`).join(""));
    const settings = { ...COMMON, ...OF_KIND[this.kind], server_name: this.address, listen_addr: this.address };
    const own =
      this.kind === "36"
        ? {
            config_dir: this.folder,
            server_password: LINK_PASSWORD,
            uid: process.getuid?.() ?? 0,
            gid: process.getgid?.() ?? 0,
          }
        : { report_ip: this.address, report_name: this.address };
    put(
      "config",
      Object.entries({ ...settings, ...own }).map(([name, value]) => `${name} ${value}`),
    );
    put(
      "servers",
      peers.map((peer) => `${peer} ${LINK_PASSWORD} ${LINK_PASSWORD} ${SERVER_PORT}`),
    );
    put("users", [
      ":version 1",
      `${this.operator} ${hashed(OPERATOR_PASSWORD)} op@example.org Elite 1000000000 1000000000`,
    ]);
    put("channels", [":version 1"]);
    put("motd", ["a test"]);
    put("filter", ["mp3", "the", "of"]);
    for (const name of ["bans", "block"]) put(name, []);
  }
}

/** The password as these servers keep it: the salt, and the MD5 of both in base 64. */
function hashed(password: string): string {
  const salt = "saltSALT";
  const hash = createHash("md5")
    .update(salt + password)
    .digest("base64");
  return `1,${salt},${hash.replace(/=+$/, "")}`;
}

async function isOpen(address: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(SERVER_PORT, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(undefined));
  });
}

/** Nothing that keeps one machine from being many users, and nobody to report to. */
const COMMON = {
  server_ports: SERVER_PORT,
  stats_port: 9888,
  max_connections: 900,
  connection_hard_limit: 1024,
  max_shared: 5000,
  max_clones: 0,
  compression_level: 1,
  flood_commands: 0,
  flood_time: 0,
  stat_click: 60,
};

const UNREPORTED = {
  stat_server_host: "127.0.0.1",
  stat_server_port: 9,
  report_port: SERVER_PORT,
  max_time_delta: 90,
  warn_time_delta: 0,
  ghost_kill: 1,
  login_interval: 0,
  register_interval: 0,
  max_searches: 0,
  auto_link: 0,
};

const OF_KIND: Readonly<Record<OldServerKind, Readonly<Record<string, string | number>>>> = {
  ng: {
    ...UNREPORTED,
    stats_port2: 9889,
    ghost_kill_timer: -1,
    ibl_ttl: 0,
    max_searches_per_minute: 0,
    max_tags_per_minute: 0,
    evaluate_search_abuse_after_tags: 1_000_000,
    notify_mod_abuse: 0,
    notify_user_abuse: 0,
    discipline_ignorers: 0,
    discipline_block: 0,
    eject_when_full: 0,
    eject_leeches: 0,
    abuse_bans_ip: 0,
    browse_nag: 0,
  },
  "44": UNREPORTED,
  "36": {},
};
