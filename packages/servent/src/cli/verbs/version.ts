// `version`: of this program; it asks nobody.
import { VERSION } from "../../daemon/version.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function version({ screen }: Context): Promise<ExitCode> {
  if (screen.isJson) screen.json({ schema: "servent.version/1", version: VERSION, node: process.versions.node });
  else screen.line(screen.isPlain ? VERSION : `servent ${VERSION}`);
  return EXIT.done;
}
