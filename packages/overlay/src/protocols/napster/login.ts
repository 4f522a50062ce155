// The login of a client: `nick pass port "client" speed [email] [build] [zlevel]`.
import { type Decoded, decoded, malformed } from "../../base/decoded.ts";
import { FieldReader, quote } from "./fields.ts";
import { LIMITS } from "./limits.ts";

export interface Login {
  readonly nick: string;
  readonly password: string;
  /** Where the client listens for peers; 0: nobody can connect to it. */
  readonly port: number;
  /** Name and version of its program. */
  readonly client: string;
  /** 0 unknown, 1 14.4k … 10 T3 and more. */
  readonly linkSpeed: number;
  /** Empty where it gave none. */
  readonly email: string;
  /** zlib level that it asks for, 1 to 9; 0: no compression. */
  readonly compression: number;
}

/** What a login may say wrongly; servers answer each differently. */
export type LoginProblem = "fields" | "speed" | "port";

/** Link speeds of the protocol in kbit/s, by number. 0: unknown. */
export const LINK_SPEEDS_KBPS = [0, 14, 28, 33, 56, 64, 128, 1000, 1500, 1544, 45_000] as const;

/** The number of the fastest link speed that is no faster than this. */
export function linkSpeedOf(kbps: number): number {
  let speed = 0;
  for (let i = 1; i < LINK_SPEEDS_KBPS.length; i++) if ((LINK_SPEEDS_KBPS[i] as number) <= kbps) speed = i;
  return speed;
}

export function parseLogin(text: string): { readonly ok: true; readonly value: Login } | LoginFailure {
  const reader = new FieldReader(text);
  const nick = reader.next();
  const password = reader.next();
  const port = reader.next();
  const client = reader.next();
  const speed = reader.next();
  if (
    nick === undefined ||
    password === undefined ||
    port === undefined ||
    client === undefined ||
    speed === undefined
  ) {
    return { ok: false, problem: "fields", field: "" };
  }
  if (!/^(?:\d|10)$/.test(speed)) return { ok: false, problem: "speed", field: speed };
  if (!/^\d{1,5}$/.test(port) || Number(port) > 0xffff) return { ok: false, problem: "port", field: port };
  const email = reader.next() ?? "";
  reader.next();
  const compression = reader.next() ?? "";
  return {
    ok: true,
    value: {
      nick,
      password: password.slice(0, LIMITS.passwordCharsMax),
      port: Number(port),
      client: client.slice(0, LIMITS.clientNameCharsMax),
      linkSpeed: Number(speed),
      email: email.slice(0, LIMITS.emailCharsMax),
      compression: /^[1-9]$/.test(compression) ? Number(compression) : 0,
    },
  };
}

export interface LoginFailure {
  readonly ok: false;
  readonly problem: LoginProblem;
  /** What stood there. */
  readonly field: string;
}

export function formatLogin(login: Login): string {
  const head = `${login.nick} ${login.password} ${login.port} ${quote(login.client)} ${login.linkSpeed}`;
  if (login.compression > 0) return `${head} ${login.email === "" ? "unknown" : login.email} 0 ${login.compression}`;
  return login.email === "" ? head : `${head} ${login.email}`;
}

/** What the server says at last of a login that it takes: `email` or `"email" level`. */
export function parseAcceptance(text: string): Decoded<{ readonly email: string; readonly compression: number }> {
  const reader = new FieldReader(text);
  const email = reader.next();
  if (email === undefined) return malformed("login accepted", "no e-mail address");
  // Without quotes an address with a blank in it would say a level.
  const level = reader.wasQuoted ? (reader.next() ?? "") : "";
  return decoded({ email, compression: /^[1-9]$/.test(level) ? Number(level) : 0 });
}
