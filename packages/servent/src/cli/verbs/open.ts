// `open`: a login link that works once.
import { ServentError } from "../../base/servent-error.ts";
import { hasDesktop, openInBrowser } from "../browser.ts";
import type { LoginCode } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { formatSpan } from "../terminal/units.ts";

export async function open(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const login = await context.change<LoginCode>("POST", "/system/login-code");
  if (login === undefined) return EXIT.done;
  if (login.url === null) {
    throw new ServentError(
      "conflict",
      "The daemon has no page: its HTTP listener is off.",
      "Set http.listen and restart it.",
    );
  }
  if (screen.isJson) screen.json({ schema: "servent.login/1", ...login });
  else screen.line(login.url);
  screen.sum(`works once, for ${formatSpan(Date.parse(login.expiresAt) - shell.now())}`);
  if (!input.flag("print") && screen.hasTerminal && hasDesktop(shell.env)) {
    await openInBrowser(login.url);
  }
  return EXIT.done;
}
