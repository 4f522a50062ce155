// One daemon per profile, and how it is told to end. The lock is the kernel's: it goes with the process that held it,
// however that ended, so there is no stale lock to judge and no process id to believe.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ServentError } from "../base/servent-error.ts";
import type { ProfilePaths } from "./profile.ts";

/** The profile is ours until `release`, or until this process ends in whatever way. */
export interface ProfileLock {
  release(): void;
}

/**
 * Locks the folders of a profile: its state, and the runtime folder with the socket, which two roots may share.
 * The folders must exist. Throws ServentError `already_running`, `permission`.
 */
export function lockProfile(paths: ProfilePaths): ProfileLock {
  const held: ProfileLock[] = [];
  try {
    for (const folder of new Set([paths.state, paths.runtime])) held.push(lockFolder(folder, paths.profile));
  } catch (error) {
    for (const lock of held) lock.release();
    throw error;
  }
  return {
    release() {
      for (const lock of held.splice(0)) lock.release();
    },
  };
}

/**
 * Node has no file locks of its own, but SQLite does: an exclusive transaction on an empty database holds a lock of
 * the operating system, which also holds against a second daemon in this very process.
 */
function lockFolder(folder: string, profile: string): ProfileLock {
  const file = path.join(folder, "daemon.lock");
  const pidFile = path.join(folder, "daemon.pid");
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock?.close();
    throw isBusy(cause) ? alreadyRunning(profile, pidFile, cause) : cannotLock(file, cause);
  }
  const held = lock;
  const release = () => {
    process.off("exit", release);
    rmSync(pidFile, { force: true });
    if (held.isOpen) held.close();
  };
  // A lock that nobody refers to would be closed, and lost, when memory is tidied; the process refers to this one.
  process.on("exit", release);
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // It is for people and messages only; the lock is what counts.
  }
  return { release };
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function alreadyRunning(profile: string, pidFile: string, cause: unknown): ServentError {
  let pid = "";
  try {
    pid = ` (process ${Number.parseInt(readFileSync(pidFile, "utf8"), 10)})`;
  } catch {
    // It holds the lock but has not written yet, or is about to end.
  }
  return new ServentError(
    "already_running",
    `A daemon already runs for the profile ${profile}${pid}.`,
    "Use it, stop it with `servent down`, or start this one with another --profile.",
    { cause },
  );
}

function cannotLock(file: string, cause: unknown): ServentError {
  return new ServentError(
    "permission",
    `The lock ${file} cannot be taken: ${cause instanceof Error ? cause.message : String(cause)}.`,
    "Check who owns the file and its folder, and whether the disk is full.",
    { cause },
  );
}

export interface SignalHandlers {
  /** Ctrl-C or a polite kill, once. */
  readonly onStop: (signal: "SIGINT" | "SIGTERM") => void;
  /** A second Ctrl-C or kill: whoever sent it will not wait. */
  readonly onStopNow: () => void;
  /** Read the configuration again. */
  readonly onReload: () => void;
}

/** What of `process` is needed, so that tests can send signals without killing themselves. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** Listens to signals until the answer is called. */
export function watchSignals(handlers: SignalHandlers, source: SignalSource = process): () => void {
  let stopping = false;
  const stop = (signal: "SIGINT" | "SIGTERM") => () => {
    if (stopping) handlers.onStopNow();
    else {
      stopping = true;
      handlers.onStop(signal);
    }
  };
  const listeners: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ["SIGINT", stop("SIGINT")],
    ["SIGTERM", stop("SIGTERM")],
    ["SIGHUP", () => handlers.onReload()],
  ];
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
  };
}
