// Starts the demo's neighbours beside the daemon and tells the daemon how to find them.
import { fork } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ServentError } from "../base/servent-error.ts";
import type { NeighbourhoodMessage } from "./neighbourhood-process.ts";

export interface Demo {
  /** Peers to begin with, by network. */
  readonly entry: {
    readonly gnutella: readonly string[];
    readonly chord: readonly string[];
    readonly napster: readonly string[];
  };
  readonly peers: number;
  readonly files: number;
  /** Rejects never; resolves when the neighbours are gone. */
  close(): Promise<void>;
}

/** The demo's folder: this user's alone, below the temporary folder, mode 0700. Throws ServentError `permission`. */
export function demoFolder(): string {
  const folder = path.join(tmpdir(), `servent-demo-${userInfo().uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The temporary folder is everybody's: somebody else may have been there first, or have left a link.
    const { uid } = lstatSync(folder);
    if (lstatSync(folder).isDirectory() && uid === userInfo().uid) return folder;
  } catch (cause) {
    throw cannotUse(folder, cause);
  }
  throw cannotUse(folder);
}

/** Forgets earlier demos. Call while the profile's lock is held, or a demo that runs would lose its folders. */
export function clearDemoFolder(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (name !== LOCKED) rmSync(path.join(folder, name), { recursive: true, force: true });
    }
    for (const name of readdirSync(path.join(folder, LOCKED))) {
      if (!name.startsWith("daemon.")) rmSync(path.join(folder, LOCKED, name), { recursive: true, force: true });
    }
  } catch (cause) {
    throw cannotUse(folder, cause);
  }
}

/** Holds the lock itself. */
const LOCKED = "state";

function cannotUse(folder: string, cause?: unknown): ServentError {
  const hint = "Remove it, or set TMPDIR to a folder of your own.";
  return new ServentError("permission", `The demo cannot use the folder ${folder}.`, hint, { cause });
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
    entry: {
      gnutella: told.entry.map(endpointText),
      chord: told.ring.map(endpointText),
      napster: told.indexServers.map(endpointText),
    },
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

function endpointText({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host}:${port}`;
}

const CLOSE_MS = 10_000;
