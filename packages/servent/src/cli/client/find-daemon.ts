// Which daemon a command talks to. An address that was typed wins; else the socket of the profile, the demo's socket,
// and last the address in SERVENT_URL.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { ServentError } from "../../base/servent-error.ts";
import { DEFAULT_PROFILE, DEMO_PROFILE, profilePaths } from "../../daemon/profile.ts";
import type { Place } from "./daemon-client.ts";

export interface FindOptions {
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly profile: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws ServentError `not_reachable` where no daemon runs, `usage` or `permission` for a bad address or token file. */
export async function findDaemon(options: FindOptions): Promise<Place> {
  if (options.url !== undefined) return placeOf(options.url, options);
  const sockets = socketPaths(options);
  for (const path of sockets) if (await answers(path)) return { kind: "socket", path };
  if (options.env.SERVENT_URL) return placeOf(options.env.SERVENT_URL, options);
  const which = options.profile === undefined ? "" : ` for the profile ${options.profile}`;
  throw new ServentError(
    "not_reachable",
    `No daemon runs${which}.`,
    options.profile === undefined
      ? "Start one with `servent up`, or try it out with `servent up --demo`."
      : `Start it with \`servent --profile ${options.profile} up\`.`,
  );
}

/** Sockets to try, in this order. A profile that was named is the only one. */
export function socketPaths(options: Pick<FindOptions, "profile" | "env">): readonly string[] {
  const { env, profile } = options;
  if (env.SERVENT_HTTP_SOCKET) return [env.SERVENT_HTTP_SOCKET];
  const profiles = profile === undefined ? [DEFAULT_PROFILE, DEMO_PROFILE] : [profile];
  return profiles.map((name) => profilePaths({ profile: name, env, ...(env.HOME ? { home: env.HOME } : {}) }).socket);
}

/** Whether somebody listens there. A file that is left of a crashed daemon refuses. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EACCES" && cause.code !== "EPERM") return resolve(false);
      reject(
        new ServentError(
          "not_allowed",
          `The socket ${path} belongs to somebody else.`,
          "Run the command as the user who runs the daemon, or use --url with a token.",
          { cause },
        ),
      );
    });
  });
}

function placeOf(address: string, options: FindOptions): Place {
  if (address.startsWith("unix:")) return { kind: "socket", path: address.slice("unix:".length) };
  const url = URL.parse(/^[a-z]+:\/\//i.test(address) ? address : `http://${address}`);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ServentError("usage", `"${address}" is no address.`, "Write it like http://127.0.0.1:7390.");
  }
  return { kind: "url", url, token: tokenOf(options) };
}

function tokenOf({ tokenFile, env }: FindOptions): string | undefined {
  if (tokenFile === undefined) return env.SERVENT_TOKEN;
  try {
    return readFileSync(tokenFile, "utf8").trim();
  } catch (cause) {
    throw new ServentError(
      "permission",
      `The token file ${tokenFile} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Make it with `servent token new --scope read > FILE`.",
      { cause },
    );
  }
}
