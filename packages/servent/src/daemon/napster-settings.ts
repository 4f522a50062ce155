// What the settings and the profile's memory say to the Napster client.
import { createHmac, randomBytes } from "node:crypto";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Settings } from "../config/settings.ts";
import type { Entry } from "../networks/napster/way-in.ts";
import { endpointOfText } from "../runtime/address.ts";
import type { Memory } from "./database.ts";

/** @param bytesPerSecondUp Limit of all uploads; 0: none, so nothing is known of the line. */
export function napsterSettings(settings: Settings, memory: Memory, bytesPerSecondUp: number) {
  const remembered = memory.recall("napster.port");
  const port = settings.get("network.napster.port");
  const key = madeUp(memory, "napster.passwordKey", () => letters(KEY_CHARS));
  return {
    port: port !== 0 ? port : typeof remembered === "number" ? remembered : 0,
    isReachable: settings.get("network.napster.reachable") === "yes",
    entries: settings.get("network.napster.bootstrap").map(entryOfText),
    servers: settings.get("network.napster.servers"),
    nick: settings.get("network.napster.nick") || madeUp(memory, "napster.nick", () => `servent-${letters(5)}`),
    password: settings.get("network.napster.password") || madeUp(memory, "napster.password", () => letters(16)),
    passwordAt: (server: Address) => passwordAt(server, key),
    speedKbps: Math.ceil((bytesPerSecondUp * 8) / 1000),
  };
}

/** 160 bits: a server that knows its own password learns no other's by trying keys. */
const KEY_CHARS = 32;
/** 96 bits in hexadecimal: some old servers keep no more of a password. */
const PASSWORD_CHARS = 24;

/** What a server hears that our owner did not name: nothing follows from it about any other's. */
function passwordAt(server: Address, key: string): string {
  return createHmac("sha256", key).update(formatEndpoint(server)).digest("hex").slice(0, PASSWORD_CHARS);
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
