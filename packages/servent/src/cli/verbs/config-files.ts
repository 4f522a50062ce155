// `config path` and `config check`: about files, so no daemon is needed.
import { existsSync } from "node:fs";
import { ServentError } from "../../base/servent-error.ts";
import { Settings } from "../../config/settings.ts";
import { DEFAULT_PROFILE, profilePaths } from "../../daemon/profile.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { fieldLines } from "../terminal/table.ts";

export async function paths(context: Context): Promise<ExitCode> {
  const { screen } = context;
  const { profile, ...places } = placesOf(context);
  if (screen.isJson) {
    screen.json({ schema: "servent.paths/1", profile, ...places });
    return EXIT.done;
  }
  screen.lines(
    fieldLines(
      [
        ["config", places.configFile],
        ["settings", places.settingsFile],
        ["database", places.database],
        ["downloads", places.downloads],
        ["incomplete", places.incomplete],
        ["log", places.log],
        ["socket", places.socket],
      ],
      screen.layout,
    ),
  );
  return EXIT.done;
}

/** Throws what a start would stumble over, with line, column and the nearest known key. */
export async function check(context: Context): Promise<ExitCode> {
  const { screen, flags, shell } = context;
  const { configFile, settingsFile } = placesOf(context);
  const file = flags.config ?? configFile;
  if (flags.config !== undefined && !existsSync(file)) {
    throw new ServentError("not_found", `There is no file ${file}.`, "Check the name after --config.");
  }
  const settings = new Settings({ configFile: file, settingsFile, env: shell.env });
  const changed = settings.list().filter(({ origin }) => origin !== "default").length;
  if (screen.isJson) screen.json({ schema: "servent.config-check/1", file, ok: true, changed });
  else if (!existsSync(file)) screen.note(`there is no ${file}; the defaults hold, but for ${changed} settings`);
  else screen.note(`${file} is fine; ${changed} settings differ from the defaults`);
  return EXIT.done;
}

function placesOf({ flags, shell }: Context): ReturnType<typeof profilePaths> {
  return profilePaths({ profile: flags.profile ?? DEFAULT_PROFILE, env: shell.env });
}
