// One servent of ours as its users have it: a daemon process with folders of its own, spoken to by command line.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { request } from "node:http";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";

const BIN = fileURLToPath(new URL("../../packages/servent/bin/servent.js", import.meta.url));

const START_SECONDS = 30;

export interface ServentOptions {
  /** Where the daemon runs: turns a command into another, as `ip netns exec` needs. This machine where absent. */
  readonly on?: (...command: readonly string[]) => readonly [program: string, args: string[]];
  /** Keys of the settings, as `servent config list` shows them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files to share, by name; they are hashed before `start` returns. */
  readonly share?: Readonly<Record<string, Uint8Array>>;
}

/** A list as the command line prints it. */
interface Listing<Item> {
  readonly items: readonly Item[];
}

export interface FoundFile {
  readonly number: number;
  readonly name: string;
  readonly size: number;
  readonly urns: readonly string[];
}

export interface TransferView {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly text: string;
  readonly verified: string | null;
  readonly path: string | null;
}

interface PeerView {
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly state: string;
}

export class ServentProcess {
  private readonly options: ServentOptions;
  /** Everything it owns lies below. */
  readonly folder: string;
  private readonly env: NodeJS.ProcessEnv;
  private process: ChildProcess | undefined;
  private errors = "";

  static async start(options: ServentOptions): Promise<ServentProcess> {
    const servent = new ServentProcess(options);
    await servent.launch();
    return servent;
  }

  private constructor(options: ServentOptions) {
    this.options = options;
    this.folder = mkdtempSync(path.join(tmpdir(), "sv-"));
    const place = (name: string) => path.join(this.folder, name);
    this.env = {
      PATH: process.env.PATH,
      HOME: this.folder,
      XDG_CONFIG_HOME: place("config"),
      XDG_DATA_HOME: place("data"),
      XDG_STATE_HOME: place("state"),
      XDG_CACHE_HOME: place("cache"),
      XDG_RUNTIME_DIR: place("run"),
      XDG_DOWNLOAD_DIR: place("downloads"),
      ...options.env,
    };
    for (const name of ["share", "run", "config/servent"]) mkdirSync(place(name), { recursive: true });
    // No two daemons of a test meet on a port, unless it says so.
    const settings = { "http.listen": ["127.0.0.1:0"], ...options.settings };
    writeFileSync(place("config/servent/config.jsonc"), JSON.stringify(settings));
    for (const [name, bytes] of Object.entries(options.share ?? {})) writeFileSync(place(`share/${name}`), bytes);
  }

  /** What a verb prints with --json. Throws with its complaint where it does not end with success. */
  async command<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`servent ${args.join(" ")} ended with ${code}\n${stderr}${this.errors}`);
    return JSON.parse(stdout) as T;
  }

  /** What the API answers, asked over the local socket. Throws with its complaint. Costs no process, as `command` does. */
  api<T>(method: "GET" | "POST", route: string, body?: object): Promise<T> {
    const text = body === undefined ? "" : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          socketPath: path.join(this.folder, "run/servent/api.sock"),
          method,
          path: `/api/v1${route}`,
          headers: body === undefined ? {} : { "content-type": "application/json", "content-length": text.length },
        },
        (answer) => {
          let said = "";
          answer.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
          answer.on("end", () => {
            if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(said) as T);
            else reject(new Error(`${method} ${route}: ${said}`));
          });
        },
      );
      asked.on("error", reject);
      asked.end(text);
    });
  }

  /** Where it listens for Gnutella. */
  async endpoint(): Promise<string> {
    const { items } = await this.command<Listing<{ endpoint: { host: string; port: number } }>>(
      "networks",
      "show",
      "gnutella",
    );
    const endpoint = items[0]?.endpoint;
    if (endpoint === undefined) throw new Error("Gnutella does not listen");
    return `${endpoint.host}:${endpoint.port}`;
  }

  /** Waits until a link to this endpoint is open. */
  async linked(endpoint: string): Promise<void> {
    await eventually(`a link to ${endpoint}`, 30, async () => {
      const { items } = await this.command<Listing<PeerView>>("peers", "ls", "--network", "gnutella");
      return items.find((peer) => peer.state === "open" && `${peer.endpoint.host}:${peer.endpoint.port}` === endpoint);
    });
  }

  /** Searches until it has found a file of this name. */
  async finds(words: string, name: string): Promise<FoundFile> {
    const { items } = await this.command<Listing<FoundFile>>("search", ...words.split(" "), "--first", "1");
    const file = items.find((item) => item.name === name);
    if (file === undefined) throw new Error(`found ${JSON.stringify(items.map((item) => item.name))}, not ${name}`);
    return file;
  }

  /** Fetches a result of the last search and waits for its end. */
  async fetches(file: FoundFile): Promise<{ readonly transfer: TransferView; readonly bytes: Uint8Array }> {
    await this.command("get", String(file.number), "--wait");
    const { items } = await this.command<Listing<TransferView>>("transfers", "ls", "--direction", "down");
    const transfer = items.find((item) => item.name === file.name);
    if (transfer === undefined || transfer.path === null) throw new Error(`no transfer of ${file.name}`);
    return { transfer, bytes: readFileSync(transfer.path) };
  }

  /** Ends the daemon and removes all its folders. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends the daemon as a power cut would; `restart` finds what it left. */
  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  /** Starts the daemon again with the folders that it had. */
  restart(): Promise<void> {
    return this.launch();
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  private async launch(): Promise<void> {
    const { on = (program, ...args) => [program ?? "", args], share } = this.options;
    const child = spawn(...on(process.execPath, BIN, "up", "--json"), {
      env: this.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process = child;
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (this.errors += chunk));
    await eventually(
      `the daemon answers`,
      START_SECONDS,
      async () => {
        if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}\n${this.errors}`);
        return this.api<object>("GET", "/system").catch(() => undefined);
      },
      () => this.errors,
    );
    if (share === undefined) return;
    const known = await this.command<Listing<unknown>>("share", "ls");
    if (known.items.length === 0) await this.command("share", "add", path.join(this.folder, "share"));
    await eventually("all shared files are hashed", 30, async () => {
      const { items } = await this.command<Listing<{ readonly urns: readonly string[] }>>("files", "ls");
      const hashed = items.filter((file) => file.urns.length > 0).length;
      return hashed === Object.keys(share).length ? true : undefined;
    });
  }

  /** The socket of the daemon is a file, so the command line need not be on its machine. */
  run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [BIN, ...args, "--json"], { env: this.env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }
}
