// What the settings and the profile's memory say to the Napster client.
import { randomBytes } from "node:crypto";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import type { Settings } from "../config/settings.ts";
import type { Endpoint } from "../networks/network.ts";
import type { Entry } from "../networks/napster/way-in.ts";
import type { Memory } from "./database.ts";

/** @param bytesPerSecondUp Limit of all uploads; 0: none, so nothing is known of the line. */
export function napsterSettings(settings: Settings, memory: Memory, bytesPerSecondUp: number) {
  const remembered = memory.recall("napster.port");
  const port = settings.get("network.napster.port");
  return {
    port: port !== 0 ? port : typeof remembered === "number" ? remembered : 0,
    isReachable: settings.get("network.napster.reachable") === "yes",
    entries: settings.get("network.napster.bootstrap").map(entryOfText),
    servers: settings.get("network.napster.servers"),
    nick: settings.get("network.napster.nick") || madeUp(memory, "napster.nick", () => `servent-${letters(5)}`),
    password: settings.get("network.napster.password") || madeUp(memory, "napster.password", () => letters(16)),
    speedKbps: Math.ceil((bytesPerSecondUp * 8) / 1000),
  };
}

/** Once per profile: servers know us again by it. */
function madeUp(memory: Memory, name: string, make: () => string): string {
  const known = memory.recall(name);
  if (typeof known === "string") return known;
  const made = make();
  memory.remember(name, made);
  return made;
}

/** Lower case, and digits that nobody takes for letters. */
function letters(count: number): string {
  return base32Encode(randomBytes(count)).slice(0, count).toLowerCase();
}

/** `10.0.0.5:8888`, `tls:10.0.0.5:8889#fingerprint`, `redirect:10.0.0.5:8875`; checked when it was set. */
function entryOfText(text: string): Entry {
  const [, word, place = "", fingerprint = ""] = /^(?:(tls|redirect):)?([^#]*)(?:#(.*))?$/.exec(text) ?? [];
  return { ...endpointOfText(place), kind: word === "tls" || word === "redirect" ? word : "server", fingerprint };
}

/** `host:port` of a setting, which was checked when it was set. */
export function endpointOfText(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
