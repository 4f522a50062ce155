// `down`: asks the daemon to stop and waits until it has.
import { ServentError } from "../../base/servent-error.ts";
import type { DaemonClient } from "../client/daemon-client.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** Closing peers and files takes a second or two; a daemon that needs longer than this is stuck. */
const STOP_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 100;

export async function down(context: Context): Promise<ExitCode> {
  const { screen, shell, flags } = context;
  const daemon = await context.daemon();
  const answer = await context.change("POST", "/system/shutdown");
  if (answer === undefined) return EXIT.done;
  const giveUpAt = shell.now() + (flags.timeoutMs ?? STOP_TIMEOUT_MS);
  while (await isThere(daemon)) {
    if (shell.now() >= giveUpAt) {
      throw new ServentError("timeout", "The daemon was asked to stop and still runs.", "See `servent logs`.");
    }
    await shell.sleep(LOOK_EVERY_MS);
  }
  if (screen.isJson) screen.json({ schema: "servent.down/1", stopped: true });
  else screen.note("servent is down");
  return EXIT.done;
}

async function isThere(daemon: DaemonClient): Promise<boolean> {
  try {
    await daemon.read("/system");
    return true;
  } catch (error) {
    if (error instanceof ServentError && error.code === "not_reachable") return false;
    // While it closes it may refuse; it is there as long as it answers anything.
    return true;
  }
}
