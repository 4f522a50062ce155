// `up`: the daemon in the foreground, or left behind in the background.
import { type ErrorCode, ServentError } from "../../base/servent-error.ts";
import { DEFAULT_PROFILE, DEMO_PROFILE } from "../../daemon/profile.ts";
import { openInBrowser } from "../browser.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { visible } from "../terminal/text.ts";

/** What a daemon says once it listens. */
export interface Ready {
  readonly httpUrl: string;
  readonly loginUrl: string;
  readonly socket: string;
  readonly lines: readonly string[];
}

/** What a detached daemon tells the process that started it. */
export type StartMessage =
  | { readonly kind: "ready"; readonly ready: Ready }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly sentence: string; readonly hint: string };

export async function up(context: Context, input: Input): Promise<ExitCode> {
  const settings = settingsOf(input);
  if (input.flag("detach")) return (await import("./detach.ts")).detach(context, input);
  const demo = input.flag("demo");
  const { runDaemon } = await import("../../daemon/run.ts");
  try {
    await runDaemon({
      profile: profileOf(context, demo),
      demo,
      flags: settings,
      config: context.flags.config,
      onReady: (ready) => {
        tellReady(context, ready, demo);
        if (input.flag("open")) void openInBrowser(ready.loginUrl);
        tellParent({ kind: "ready", ready });
      },
    });
    return EXIT.done;
  } catch (error) {
    if (error instanceof ServentError) {
      tellParent({ kind: "failed", code: error.code, sentence: error.message, hint: error.hint });
    }
    throw error;
  }
}

/** Only a daemon that was started with --detach has somebody who listens. */
function tellParent(message: StartMessage): void {
  process.send?.(message);
}

export function tellReady({ screen }: Context, ready: Ready, isDemo: boolean): void {
  if (screen.isJson) return screen.json({ schema: "servent.up/1", ...ready });
  screen.lines(ready.lines.map(visible));
  if (screen.isPlain) return screen.line(`web\t${ready.loginUrl}`);
  const { paint } = screen;
  if (ready.loginUrl !== "") {
    screen.line(
      `${paint("web", "dim")}   ${paint(ready.loginUrl, "cyan")}   ${paint("works once, for 10 minutes", "dim")}`,
    );
  }
  screen.line(`${paint("try", "dim")}   ${isDemo ? "servent search tide" : "servent status"}`);
}

function profileOf({ flags }: Context, demo: boolean): string {
  return flags.profile ?? (demo ? DEMO_PROFILE : DEFAULT_PROFILE);
}

/** `--set key=value` as settings of this run. */
function settingsOf(input: Input): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const text of input.list("set")) {
    const at = text.indexOf("=");
    if (at < 1) throw new ServentError("usage", `"${text}" sets nothing.`, "Write --set key=value.");
    settings[text.slice(0, at)] = text.slice(at + 1);
  }
  return settings;
}
