// GUIDs: 16 bytes as hex text. Byte 8 is 0xFF and byte 15 zero, by which servents of today know each other.
import type { Host } from "../../host/host.ts";
import type { Guid } from "./messages.ts";

export function newGuid(host: Host): Guid {
  const hex = (word: number): string => word.toString(16).padStart(8, "0");
  const tail = hex(host.u32());
  const head = hex(host.u32()) + hex(host.u32());
  return `${head}ff${hex(host.u32()).slice(2)}${tail.slice(0, 6)}00`;
}

/** All bytes equal: what broken servents send, and what nothing can be routed by. */
export function isBlank(guid: Guid): boolean {
  const first = guid.slice(0, 2);
  for (let i = 2; i < guid.length; i += 2) if (guid[i] !== first[0] || guid[i + 1] !== first[1]) return false;
  return true;
}
