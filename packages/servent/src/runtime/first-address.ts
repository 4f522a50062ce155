// Which of this machine's addresses others are told, where we listen on all of them.
import { networkInterfaces } from "node:os";

/** The first address that is not the machine's own loop; that one where there is no other. */
export function firstAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) if (family === "IPv4" && !internal) return address;
  }
  return "127.0.0.1";
}
