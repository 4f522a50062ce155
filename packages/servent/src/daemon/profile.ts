// Where a profile keeps its things (XDG on Unix).
import { mkdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { ServentError } from "../base/servent-error.ts";

/** Folders and files of one profile, all absolute. */
export interface ProfilePaths {
  readonly profile: string;
  /** Folder of the two configuration files. */
  readonly config: string;
  /** Written by people only; never by us. */
  readonly configFile: string;
  /** Written by us, on behalf of page and command line. */
  readonly settingsFile: string;
  /** Folder of what must not be lost: database and identities. */
  readonly data: string;
  readonly database: string;
  /** Folder of what may be rebuilt: logs, incomplete files. */
  readonly state: string;
  readonly log: string;
  readonly cache: string;
  /** Where finished files go, and unfinished ones wait, unless the settings say otherwise. */
  readonly downloads: string;
  readonly incomplete: string;
  /** Folder of the socket; belongs to the profile, not to `root`, so that the command line finds it by name alone. */
  readonly runtime: string;
  readonly socket: string;
}

export interface ProfileOptions {
  readonly profile?: string;
  /** Puts config, data, state, cache and downloads below one folder, as the demo and tests do. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
}

export const DEFAULT_PROFILE = "default";
export const DEMO_PROFILE = "demo";

/** `sockaddr_un.sun_path` holds 108 bytes on Linux, the last a NUL. */
const SOCKET_PATH_BYTES_MAX = 107;
const PROFILE_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Throws ServentError `invalid_value` where the profile's name is unfit for a folder. */
export function profilePaths(options: ProfileOptions = {}): ProfilePaths {
  const profile = options.profile ?? DEFAULT_PROFILE;
  if (!PROFILE_NAME.test(profile)) {
    throw new ServentError(
      "invalid_value",
      `"${profile}" is no name for a profile.`,
      "Use up to 32 lower-case letters, digits, - and _, beginning with a letter or digit.",
    );
  }
  const env = options.env ?? process.env;
  const home = options.home ?? homedir();
  const folder = profile === DEFAULT_PROFILE ? "servent" : `servent-${profile}`;
  // The specification says that a relative path in these variables is to be ignored.
  const xdg = (variable: string, fallback: string) => {
    const value = env[variable];
    return value !== undefined && path.isAbsolute(value) ? value : path.resolve(home, fallback);
  };
  const place = (name: string, base: string) =>
    options.root === undefined ? path.join(base, folder) : path.join(options.root, name);

  const configHome = xdg("XDG_CONFIG_HOME", ".config");
  const config = place("config", configHome);
  const data = place("data", xdg("XDG_DATA_HOME", ".local/share"));
  const stateHome = path.join(xdg("XDG_STATE_HOME", ".local/state"), folder);
  const state = options.root === undefined ? stateHome : path.join(options.root, "state");
  const runtimeHome = env.XDG_RUNTIME_DIR;
  const runtime =
    runtimeHome !== undefined && path.isAbsolute(runtimeHome)
      ? path.join(runtimeHome, folder)
      : path.join(stateHome, "run");
  return {
    profile,
    config,
    configFile: path.join(config, "config.jsonc"),
    settingsFile: path.join(config, "settings.json"),
    data,
    database: path.join(data, "servent.db"),
    state,
    log: path.join(state, "log"),
    cache: place("cache", xdg("XDG_CACHE_HOME", ".cache")),
    downloads: place("downloads", xdg("XDG_DOWNLOAD_DIR", userDownloads(configHome, home) ?? "Downloads")),
    incomplete: path.join(state, "incomplete"),
    runtime,
    socket: path.join(runtime, "api.sock"),
  };
}

/** The desktop's download folder, in its owner's language; undefined where no desktop has said. */
function userDownloads(configHome: string, home: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(configHome, "user-dirs.dirs"), "utf8");
  } catch {
    return undefined;
  }
  const folder = /^XDG_DOWNLOAD_DIR="(\$HOME\/|\/)(.+)"$/m.exec(text);
  return folder === null ? undefined : path.join(folder[1] === "/" ? "/" : home, folder[2] as string);
}

/** Makes the folders that are ours alone (mode 0700). Throws ServentError `permission`. */
export function makeProfileFolders(paths: ProfilePaths): void {
  for (const folder of [paths.config, paths.data, paths.state, paths.log, paths.cache, paths.runtime]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new ServentError(
        "permission",
        `The folder ${folder} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
        "Check who owns the folder above it, or choose another with the XDG_*_HOME variables.",
        { cause },
      );
    }
  }
}

/** Throws ServentError `invalid_value` where the system could not hold the path of a Unix socket. */
export function checkSocketPath(socket: string): void {
  const length = Buffer.byteLength(socket);
  if (length > SOCKET_PATH_BYTES_MAX) {
    throw new ServentError(
      "invalid_value",
      `The path of the local socket has ${length} bytes; the system takes at most ${SOCKET_PATH_BYTES_MAX}: ${socket}.`,
      `Set http.socket to a shorter path, for example "${path.join(tmpdir(), "servent.sock")}" in a folder of your own, or set XDG_RUNTIME_DIR.`,
    );
  }
}
