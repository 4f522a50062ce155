// Images of Chord's hottest messages, for rings whose ids are doubles.
import type { Message } from "@servent/overlay/protocols/chord/messages.ts";
import type { Packing } from "../engine/packing.ts";

const ROUTE = 0;
const LAST_ROUTE = 1;
const ARRIVED = 2;
const PING = 3;
const PONG = 4;
const KIND_BITS = 3;
const KIND_MASK = (1 << KIND_BITS) - 1;

export const chordPacking: Packing<Message<number>> = {
  pack(message, i32, f64, at) {
    switch (message.kind) {
      case "route":
        i32[at + 1] = message.origin;
        f64[at / 2 + 1] = message.key;
        i32[at + 4] = (message.hops << KIND_BITS) | (message.isLast ? LAST_ROUTE : ROUTE);
        break;
      case "arrived":
        f64[at / 2 + 1] = message.id;
        i32[at + 4] = (message.hops << KIND_BITS) | ARRIVED;
        break;
      case "ping":
        i32[at + 4] = PING;
        break;
      case "pong":
        i32[at + 4] = PONG;
        break;
      default:
        return false;
    }
    i32[at] = message.token;
    return true;
  },

  unpack(i32, f64, at) {
    const token = (i32[at] as number) >>> 0;
    const word = i32[at + 4] as number;
    const kind = word & KIND_MASK;
    if (kind === PING) return { kind: "ping", token };
    if (kind === PONG) return { kind: "pong", token };
    const id = f64[at / 2 + 1] as number;
    const hops = word >>> KIND_BITS;
    if (kind === ARRIVED) return { kind: "arrived", token, id, hops };
    return { kind: "route", token, key: id, origin: i32[at + 1] as number, hops, isLast: kind === LAST_ROUTE };
  },
};

/** The key, or other id, of the message that was packed here; any number where it has none. */
export function keyOf(f64: Float64Array, at: number): number {
  return f64[at / 2 + 1] as number;
}
