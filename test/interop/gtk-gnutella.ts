// Drives gtk-gnutella 1.2.3, an independent program, as a black box: its configuration, its shell, its log.
// docs/interop.md says how to get it and which of its habits shape this file.
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "../support/eventually.ts";
import type { PrivateNet } from "./private-net.ts";

/** It refuses to run as root; this user owns nothing else. */
const NOBODY = 65_534;

/** Within the life of version 1.2.3: two years after its release it no longer wants to be an ultrapeer. */
const YEAR = "2024";
const DATE = `${YEAR}-06-15`;

/** Up to every third start loses a race with the library that shifts the clock, the more the busier the machine. */
const STARTS_MAX = 12;

/** It takes one to three, and twelve on a very busy machine. */
const START_SECONDS = 30;

const ANSWER_MS = 10_000;

/** From this level on its log tells of every routing table that it made or received. */
const TABLES_LOGGED = 3;

const DAY_MS = 86_400_000;

/** The library that shifts a program's clock, or undefined where it is not installed. */
function clockLibrary(): string | undefined {
  return globSync("/usr/lib/*/faketime/libfaketimeMT.so.1")[0];
}

/** Why tests against it cannot run here, or undefined where they can. */
export function gtkGnutellaProblem(binary: string | undefined): string | undefined {
  if (binary === undefined) return "SERVENT_GTK_GNUTELLA does not name a gtk-gnutella";
  if (!existsSync(binary)) return `there is no ${binary}`;
  if (clockLibrary() === undefined) return "libfaketime is missing";
  if (versionOf(binary).includes("Topless")) return "this gtk-gnutella has no window, so it cannot search";
  // Its exit code means nothing: the question is whether it can be started.
  return spawnSync("Xvfb", ["-help"]).error === undefined ? undefined : "Xvfb is missing";
}

function versionOf(binary: string): string {
  return execFileSync(binary, ["--version"], { uid: NOBODY, gid: NOBODY, env: { HOME: "/" }, encoding: "utf8" });
}

/** An X display that shows nothing: gtk-gnutella searches only with a window. */
export class Display {
  readonly name: string;
  private readonly server: ChildProcess;

  static async open(): Promise<Display> {
    // Its access control knows users; the programs here run as another one.
    const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1024x768x16", "-nolisten", "tcp", "-ac"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const pipe = server.stdio[3] as NodeJS.ReadableStream;
    const number = await new Promise<string>((resolve, reject) => {
      pipe.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
      server.once("error", reject);
      server.once("exit", () => reject(new Error("Xvfb ended at once")));
    });
    return new Display(`:${number}`, server);
  }

  private constructor(name: string, server: ChildProcess) {
    this.name = name;
    this.server = server;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill();
    await gone;
  }
}

export interface GtkGnutellaOptions {
  readonly net: PrivateNet;
  readonly binary: string;
  readonly display: Display;
  /** Its machine in the network; its port is always 6346. */
  readonly host: string;
  readonly role: "leaf" | "ultrapeer";
  /** Files to share, by name, at least one. Only usual extensions are shared: mp3, txt, bin. */
  readonly share: Readonly<Record<string, Uint8Array>>;
  /** It fetches every search result whose name matches (POSIX extended), as no command of its shell does. */
  readonly fetch?: string;
  /** Names of its own settings, to differ from the ones below. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A record of a query hit that it received. */
export interface ReceivedRecord {
  readonly name: string;
  readonly size: number;
  /** Base32. */
  readonly sha1: string;
}

export class GtkGnutella {
  readonly endpoint: string;
  private readonly options: GtkGnutellaOptions;
  private readonly folder: string;
  private process: ChildProcess | undefined;
  private shell: Shell | undefined;

  static async start(options: GtkGnutellaOptions): Promise<GtkGnutella> {
    const program = new GtkGnutella(options);
    let problem: unknown;
    for (let start = 1; start <= STARTS_MAX; start++) {
      try {
        await program.launch();
        return program;
      } catch (error) {
        problem = error;
        await program.end();
      }
    }
    program.clean();
    throw new Error(`gtk-gnutella did not start in ${STARTS_MAX} tries`, { cause: problem });
  }

  private constructor(options: GtkGnutellaOptions) {
    this.options = options;
    this.endpoint = `${options.host}:6346`;
    this.folder = mkdtempSync(path.join(tmpdir(), "gtkg-"));
    for (const name of ["share", "incomplete", "done"]) mkdirSync(path.join(this.folder, name));
    for (const [name, bytes] of Object.entries(options.share)) this.write(path.join("share", name), bytes);
    this.write("config_gnet", settings(options, this.folder));
    if (options.fetch !== undefined) this.write("searches.xml", fetchFilter(options.fetch));
    execFileSync("chown", ["-R", `${NOBODY}:${NOBODY}`, this.folder]);
  }

  /** Runs a command of its shell that answers; see `help` there. */
  async ask(command: string): Promise<string> {
    if (this.shell === undefined) throw new Error("gtk-gnutella is not running");
    return this.shell.ask(command);
  }

  /** Runs a command of its shell that answers nothing: node add, search add, download add, set. */
  async tell(command: string): Promise<void> {
    if (this.shell === undefined) throw new Error("gtk-gnutella is not running");
    return this.shell.tell(command);
  }

  async search(words: string): Promise<void> {
    await this.tell(`search add "${words}"`);
  }

  /**
   * Dials, and waits until messages go both ways. A leaf of it links to ultrapeers of its own kind only, and is ready to
   * search when its table is over and the ultrapeer was heard: a search made before that is lost.
   */
  async link(endpoint: string): Promise<void> {
    await this.tell(`node add ${endpoint}`);
    await eventually(
      `${this.endpoint} is linked to ${endpoint}`,
      20,
      async () => ((await this.linked()).includes(endpoint) ? true : undefined),
      () => this.logTail(),
    );
  }

  /** Endpoints of the neighbours with whom the handshake is done. Who dialled in is listed with its listening port if it told. */
  async linked(): Promise<readonly string[]> {
    const isLeaf = this.options.role === "leaf";
    const lines = (await this.ask("nodes")).split("\n");
    // Flags: role, direction, r and w once each direction carries messages, Q once a leaf's table is over.
    const linked = isLeaf ? /^(\S+:\d+) +..rwQ/ : /^(\S+:\d+) +..rw/;
    const endpoints = lines.flatMap((line) => linked.exec(line)?.[1] ?? []);
    return isLeaf ? endpoints.filter((endpoint) => this.log().includes(` from ultra node ${endpoint} `)) : endpoints;
  }

  /** Waits until it has the routing table of a neighbour, without which no search goes there. */
  async knowsFilesOf(host: string): Promise<void> {
    const table = new RegExp(`QRP got whole .* node ${host.replaceAll(".", "[.]")}[: ]`);
    await eventually(
      `${this.endpoint} has the table of ${host}`,
      20,
      () => (table.test(this.log()) ? true : undefined),
      () => this.logTail(),
    );
  }

  /** Whether it believes that nobody can dial it, as it does until somebody has. */
  async firewalled(): Promise<boolean> {
    return (await this.ask("print is_firewalled")).includes("TRUE");
  }

  /** Query hits that it received since its start, record by record. */
  received(): readonly ReceivedRecord[] {
    const records = this.log().matchAll(/SEARCH REC #\d+\/\d+: name="(.*)", size=(\d+), sha1=([A-Z2-7]{32})/g);
    return [...records].map(([, name = "", size, sha1 = ""]) => ({ name, size: Number(size), sha1 }));
  }

  async receives(name: string): Promise<ReceivedRecord> {
    return eventually(
      `${this.endpoint} receives a hit for ${name}`,
      30,
      () => this.received().find((record) => record.name === name),
      () => this.logTail(),
    );
  }

  /** The bytes of a file that it fetched, once it is whole and in its folder for such. */
  async fetched(name: string): Promise<Uint8Array> {
    const file = path.join(this.folder, "done", name);
    return eventually(
      `${this.endpoint} has fetched ${name}`,
      60,
      () => (existsSync(file) ? readFileSync(file) : undefined),
      () => this.logTail(),
    );
  }

  /** Messages of this sender that it threw away, each with the reason. */
  droppedFrom(host: string): readonly string[] {
    const drop = new RegExp(`DROP (.*): from .* ${host.replaceAll(".", "[.]")}[: ].*>: (.*)`, "g");
    return [...this.log().matchAll(drop)].map(([, message = "", reason = ""]) => `${message}: ${reason}`);
  }

  async stop(): Promise<void> {
    await this.end();
    this.clean();
  }

  private async launch(): Promise<void> {
    const { net, host, binary, display } = this.options;
    const asNobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "env", "-i"];
    const variables = {
      PATH: "/usr/bin:/bin",
      HOME: this.folder,
      GTK_GNUTELLA_DIR: this.folder,
      DISPLAY: display.name,
      LD_PRELOAD: clockLibrary(),
      // A date in words would be read through the program's own allocator before that is ready.
      FAKETIME: `-${Math.floor((Date.now() - Date.parse(DATE)) / DAY_MS)}d`,
      NO_FAKE_STAT: "1",
    };
    const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const flags = ["--no-restart", "--no-supervise", "--no-xshm", "--no-dbus"];
    const command = net.on(host, ...asNobody, ...environment, binary, ...flags);
    // A socket left by an earlier start would be taken for this one's.
    rmSync(path.join(this.folder, "ipc"), { recursive: true, force: true });
    const log = openSync(path.join(this.folder, "log"), "w");
    const child = spawn(...command, { stdio: ["ignore", log, log], cwd: this.folder });
    closeSync(log);
    this.process = child;
    this.shell = await eventually(
      `gtk-gnutella of ${this.endpoint} opens its shell`,
      START_SECONDS,
      () => {
        if (child.exitCode !== null) throw new Error(`gtk-gnutella ended at once\n${this.logTail()}`);
        this.checkClock();
        return Shell.open(path.join(this.folder, "ipc", "socket"));
      },
      () => this.logTail(),
    );
    this.checkClock();
    await eventually(
      `gtk-gnutella of ${this.endpoint} knows its files`,
      START_SECONDS,
      () => (/QRP "Local table" ready/.test(this.log()) ? true : undefined),
      () => this.logTail(),
    );
  }

  /** Throws where its log is of a year that we did not ask for: what lost the race is in 1967, which it says long before it is ready. */
  private checkClock(): void {
    const stamp = /^(\d\d)-\d\d-\d\d \d\d:/m.exec(this.log());
    if (stamp !== null && stamp[1] !== YEAR.slice(2)) throw new Error(`its clock is wrong\n${this.logTail()}`);
  }

  private async end(): Promise<void> {
    this.shell?.close();
    this.shell = undefined;
    const child = this.process;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    // It has nothing worth saving, and its own way of ending takes seconds.
    child.kill("SIGKILL");
    await gone;
  }

  private clean(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private log(): string {
    const file = path.join(this.folder, "log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  private logTail(): string {
    // It looks for public hosts all the time, and finds none.
    const lines = this.log().split("\n");
    return lines
      .filter((line) => !/BOOT |getaddrinfo/.test(line))
      .slice(-25)
      .join("\n");
  }

  private write(name: string, content: string | Uint8Array): void {
    writeFileSync(path.join(this.folder, name), content);
  }
}

function settings({ host, role, settings: own }: GtkGnutellaOptions, folder: string): string {
  const mode = role === "leaf" ? "0" : "2";
  const values: Record<string, string> = {
    listen_port: "6346",
    force_local_ip: "TRUE",
    forced_local_ip: `"${host}"`,
    bind_to_forced_local_ip: "TRUE",
    network_protocol: "4",
    configured_peermode: mode,
    current_peermode: mode,
    // It would learn this from others connecting in; a lonely one never does.
    is_firewalled: "FALSE",
    is_udp_firewalled: "FALSE",
    allow_firewalled_ultra: "TRUE",
    enable_upnp: "FALSE",
    enable_natpmp: "FALSE",
    enable_dht: "FALSE",
    enable_guess: "FALSE",
    enable_g2: "FALSE",
    browse_host_enabled: "TRUE",
    shared_dirs: `"${folder}/share"`,
    store_downloading_files_to: `"${folder}/incomplete"`,
    move_downloading_files_to: `"${folder}/done"`,
    max_simultaneous_uploads: "100",
    max_uploads_ip: "20",
    log_query_hit_records: "TRUE",
    log_dropped_gnutella: "TRUE",
    log_vmsg_rx: "TRUE",
    qrp_debug: `${TABLES_LOGGED}`,
    ...own,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** A filter before all others that sends what matches to the download queue. Its ids are those of the built-in targets. */
function fetchFilter(match: string): string {
  return `<?xml version='1.1' standalone='yes'?>
<Searches Time="${DATE} 12:00:00" Version="1.2.3">
  <BuiltIn ShowUID="0x1" DropUID="0x2" DownloadUID="0x3" NoDownloadUID="0x4" ReturnUID="0x5"/>
  <Filter Name="Global (pre)" Active="1" UID="0x6" Global="0">
    <TextRule Case="0" Match="${match}" Type="4" Negate="0" Active="1" Soft="0" Target="0x3"/>
  </Filter>
  <Filter Name="Global (post)" Active="1" UID="0x7" Global="1"/>
</Searches>
`;
}

/** Its control shell, over the socket in its folder. One question at a time. */
class Shell {
  private readonly socket: Socket;
  private text = "";
  private onText: () => void = () => undefined;

  /** Undefined where nobody listens yet: the file alone proves nothing. */
  static open(file: string): Promise<Shell | undefined> {
    return new Promise((resolve) => {
      const socket = connect(file);
      socket.once("error", () => resolve(undefined));
      socket.once("connect", () => resolve(new Shell(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.socket = socket.setEncoding("utf8");
    socket.on("error", () => undefined);
    socket.on("data", (chunk: string) => {
      this.text += chunk;
      this.onText();
    });
    socket.write("HELO\n");
  }

  /** An answer whose first line ends in `~` goes on to a line with a dot; every other one is that line. */
  ask(command: string): Promise<string> {
    this.text = "";
    this.socket.write(`${command}\n`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`gtk-gnutella does not answer ${command}`)), ANSWER_MS);
      this.onText = () => {
        const answer = /^\s*(?:\d+~[^]*?\n\.\n|[^\n]*[^\n~]\s*\n)/.exec(this.text)?.[0];
        if (answer === undefined) return;
        clearTimeout(timer);
        resolve(answer.trim());
      };
    });
  }

  tell(command: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(`${command}\n`, () => resolve()));
  }

  close(): void {
    this.socket.destroy();
  }
}
