// Starts the demo's neighbours beside the daemon and tells the daemon how to find them.
import { fork } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ServentError } from "../base/servent-error.ts";
import type { NeighbourhoodMessage } from "./neighbourhood-process.ts";

export interface Demo {
  readonly entry: readonly string[];
  readonly peers: number;
  readonly files: number;
  /** Rejects never; resolves when the neighbours are gone. */
  close(): Promise<void>;
}

/** A folder that is this user's and the demo's alone; what lies in it is from earlier demos. */
export function demoFolder(): string {
  return path.join(tmpdir(), `servent-demo-${userInfo().uid}`);
}

/** Empties the folder and makes it anew, mode 0700. Throws ServentError `permission`. */
export function clearDemoFolder(): string {
  const folder = demoFolder();
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    throw new ServentError(
      "permission",
      `The demo's folder ${folder} cannot be made anew.`,
      "Remove it, or set TMPDIR.",
      { cause },
    );
  }
  return folder;
}

export async function startDemo(folder: string): Promise<Demo> {
  const compiled = getCompileCacheDir();
  const child = fork(
    fileURLToPath(new URL("neighbourhood-process.ts", import.meta.url)),
    [path.join(folder, "neighbours")],
    {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    // Code that was compiled for an earlier start saves a second on a slow machine.
    env: { ...process.env, ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }) },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const told = await Promise.race([
    new Promise<NeighbourhoodMessage>((resolve) =>
      child.once("message", (message) => resolve(message as NeighbourhoodMessage)),
    ),
    gone.then((): NeighbourhoodMessage => ({ kind: "failed", message: "the neighbours' process ended" })),
  ]);
  if (told.kind === "failed") {
    child.kill();
    throw new ServentError(
      "internal",
      `The demo's neighbours did not start: ${told.message}.`,
      "They need the addresses 127.0.0.10 to 127.0.0.33 and some 100 MB below the temporary folder.",
    );
  }
  return {
    entry: told.entry.map(({ host, port }) => `${host}:${port}`),
    peers: told.peers,
    files: told.files,
    close: async () => {
      if (child.connected) child.disconnect();
      const giveUp = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
      await gone;
      clearTimeout(giveUp);
      rmSync(path.join(folder, "neighbours"), { recursive: true, force: true });
    },
  };
}

const CLOSE_MS = 10_000;
