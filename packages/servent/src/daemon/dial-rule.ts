// Which addresses learnt from peers may be dialled: no confused dialling into private networks, or into our own API.
import { portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Settings } from "../config/settings.ts";
import { isInBlock, isPublic, parseBlock } from "../runtime/address.ts";

/**
 * `ownPorts`: those that the API listens on now; the settings alone do not tell where the system chose one. `isOnLink`: whether this
 * peer announced itself on our own link. A function too, because the settings may switch that off.
 */
export function dialRule(
  settings: Settings,
  ownPorts: () => readonly number[],
  isOnLink: (address: Address) => boolean = () => false,
): (address: Address) => boolean {
  let blocks = parseBlocks(settings.get("net.allowAddresses"));
  settings.onChange((keys) => {
    if (keys.includes("net.allowAddresses")) blocks = parseBlocks(settings.get("net.allowAddresses"));
  });
  return (address) => {
    if (portOf(address) === 0) return false;
    if (isPublic(address)) return true;
    if (ownPorts().includes(portOf(address)) || isApiPort(settings, portOf(address))) return false;
    return settings.get("net.allowPrivate") || blocks.some((block) => isInBlock(address, block)) || isOnLink(address);
  };
}

function parseBlocks(texts: readonly string[]) {
  return texts.flatMap((text) => parseBlock(text) ?? []);
}

function isApiPort(settings: Settings, port: number): boolean {
  return settings.get("http.listen").some((listen) => listen.endsWith(`:${port}`));
}
