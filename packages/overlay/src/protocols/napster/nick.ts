// Names of users and channels: which may be used, and when two are the same.
import { LIMITS } from "./limits.ts";

/** What opennap and opennap-ng refuse: blanks, what stands for itself in masks and quotes, and names of services. */
const NICK = /^(?![#&:-])[!-~]+$/;
const FORBIDDEN = /[%$*?.!",\\]/;
const SERVICES = new Set(["operserv", "chanserv", "nickserv", "operator", "server"]);

export function isNick(nick: string): boolean {
  return (
    nick.length <= LIMITS.nickCharsMax && NICK.test(nick) && !FORBIDDEN.test(nick) && !SERVICES.has(foldNick(nick))
  );
}

/** Two names are one where their folded forms are equal. */
export function foldNick(nick: string): string {
  return nick.toLowerCase();
}
