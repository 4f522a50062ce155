// What an index server may be called.
import { LIMITS } from "./limits.ts";

const NAME = /^[!-~]+$/;

/** It stands where the protocol has one word. Our own union takes every such name. */
export function isIndexServerName(name: string): boolean {
  return name.length <= LIMITS.serverNameCharsMax && NAME.test(name);
}

/** In OpenNap's tree it also stands between quotes, and in front of a colon. */
export function isTreeServerName(name: string): boolean {
  return isIndexServerName(name) && !/[":]/.test(name);
}
