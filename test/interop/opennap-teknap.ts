// Drives TekNap 1.3g, a client with a screen of text, as a black box: a pseudo-terminal, lines typed, words waited for.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { eventually } from "../support/eventually.ts";
import type { Place } from "./opennap-place.ts";

const WAIT_SECONDS = 20;
const QUIT_SECONDS = 5;

/** What a terminal is told beside the text: sequences behind an escape, and single characters but for tab and line feed. */
const CONTROLS = new RegExp(
  String.raw`\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>78DMEc])|[\x00-\x08\x0b-\x1f\x7f]`,
  "g",
);

export class TekNap {
  readonly nick: string;
  /** Where what it fetches arrives. */
  readonly downloads: string;
  private readonly process: ChildProcess;
  private text = "";
  private mark = 0;

  /** Started and logged in. `dataPort` 0 would be a client that nobody can reach. */
  static async start(
    place: Place,
    programs: string,
    { nick, server, dataPort }: { readonly nick: string; readonly server: string; readonly dataPort: number },
  ): Promise<TekNap> {
    const client = new TekNap(place, programs, nick, server, dataPort);
    place.atEnd(() => client.stop());
    await client.sees(/Email Address set/);
    return client;
  }

  private constructor(place: Place, programs: string, nick: string, server: string, dataPort: number) {
    this.nick = nick;
    const home = path.join(place.folder, `teknap-${nick}`);
    this.downloads = path.join(home, "downloads");
    mkdirSync(this.downloads, { recursive: true });
    mkdirSync(path.join(home, ".TekNap"), { recursive: true });
    const settings = [`default_dataport ${dataPort}`, `download_directory ${this.downloads}`, "auto_reconnect off"];
    writeFileSync(path.join(home, ".teknaprc"), settings.map((line) => `set ${line}\n`).join(""));
    const program = path.join(programs, "bin", "teknap");
    this.process = spawn("script", ["-qefc", `stty rows 200 cols 200; exec ${program}`, "/dev/null"], {
      cwd: home,
      stdio: ["pipe", "pipe", "ignore"],
      env: {
        HOME: home,
        NAPNICK: nick,
        NAPPASS: "pw",
        NAPSERVER: `${server}:${nick}:pw:0`,
        NAPHOST: place.address(),
        SHELL: "/bin/sh",
        TERM: "vt100",
        PATH: "/usr/bin:/bin",
        LINES: "200",
        COLUMNS: "200",
      },
    });
    this.process.stdin?.on("error", () => {});
    this.process.stdout?.setEncoding("latin1").on("data", (chunk: string) => {
      this.text += chunk.replace(CONTROLS, "");
    });
  }

  /** Types a line; `sees` then looks only at what comes after it. */
  type(line: string): void {
    this.mark = this.text.length;
    this.process.stdin?.write(`${line}\r`, "latin1");
  }

  /** Waits for words on its screen. */
  async sees(words: RegExp): Promise<void> {
    await eventually(
      `${this.nick} sees ${words}`,
      WAIT_SECONDS,
      () => (words.test(this.text.slice(this.mark)) ? true : undefined),
      () => this.text.slice(-3000),
    );
  }

  /** Types a line until its answer is there: what it asks of others may not have come about yet. */
  async asksUntil(line: string, words: RegExp): Promise<void> {
    await eventually(
      `${this.nick} types ${line} and sees ${words}`,
      WAIT_SECONDS,
      async () => {
        this.type(line);
        return this.sees(words).then(
          () => true as const,
          () => undefined,
        );
      },
      () => this.text.slice(-3000),
    );
  }

  async stop(): Promise<void> {
    const { process: running } = this;
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    this.type("/quit");
    const timer = setTimeout(() => running.kill(), QUIT_SECONDS * 1000);
    // With a transfer under way it asks whether it really should.
    this.process.stdin?.write("y\r");
    await gone;
    clearTimeout(timer);
  }
}

/** The bytes of a sound that TekNap takes for one: heads of MPEG-1 layer III, and bodies without a second head in them. */
export function soundOf(frames: number, seed: number): Buffer {
  const parts: Buffer[] = [];
  let state = seed;
  let surplus = 0;
  for (let i = 0; i < frames; i++) {
    surplus += (144 * 128_000) % 44_100;
    const padding = surplus >= 44_100 ? 1 : 0;
    surplus -= padding * 44_100;
    const frame = Buffer.alloc(Math.floor((144 * 128_000) / 44_100) + padding);
    frame.set([0xff, 0xfb, 0x90 | (padding << 1), 0x40]);
    for (let at = 4; at < frame.length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      frame[at] = (state >>> 24) % 255;
    }
    parts.push(frame);
  }
  return Buffer.concat(parts);
}
