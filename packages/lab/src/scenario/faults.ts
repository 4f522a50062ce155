// What can go wrong in a world, as a scenario says it: who crashes when, which side no longer hears which, whose clock is
// wrong. `world-run.ts` makes it happen: peers come and go through the protocol's kit, lines and clocks are the world's.
import type { Millis } from "@servent/overlay/host/host.ts";
import { decoded, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { RandomStream } from "../engine/random.ts";
import { parseTime, TIME_EXPECTED } from "./amounts.ts";
import {
  about,
  choice,
  type Described,
  type Description,
  either,
  flag,
  list,
  mapped,
  meaning,
  optional,
  real,
  variants,
  whole,
  withDefault,
} from "./description.ts";

/** Whom a fault befalls: a peer, a list of them, or a share of those that are up, drawn when it happens. */
export type Victims = readonly number[] | { readonly share: number };

const PEER_MAX = 2 ** 31 - 1;
const VICTIMS_MAX = 10_000;
const TIME_LENGTH_MAX = 32;

export const time: Description<Millis> = meaning(
  { expected: TIME_EXPECTED, examples: ["500ms", "4s", "2m", "1h"], lengthMax: TIME_LENGTH_MAX },
  parseTime,
);

const share: Description<{ readonly share: number }> = meaning(
  { expected: "a share like 10%", examples: ["10%", "0.5%"], lengthMax: TIME_LENGTH_MAX },
  (source): Decoded<{ readonly share: number }> => {
    const digits = /^(\d{1,3}(?:\.\d{1,6})?) ?%$/.exec(source.trim())?.[1];
    if (digits === undefined || Number(digits) > 100) {
      return { ok: false, problem: `${JSON.stringify(source)} is no share` };
    }
    return decoded({ share: Number(digits) / 100 });
  },
);

const peer = whole(0, PEER_MAX);
const peerList: Description<readonly number[]> = either(
  // A single number stands for a list of one.
  mapped(peer, (number): readonly number[] => [number]),
  list(peer, VICTIMS_MAX, 1),
  Array.isArray,
);

const victims: Description<Victims> = about(
  "Whom it befalls: a peer's number, a list of them, or a share of those that are up, like 10%.",
  either(peerList, share, (value) => typeof value === "string"),
);

const at = about("When it happens, counted from the moment when the network stands.", time);
const duration = about("How long it lasts; for ever where absent.", optional(time));
const keeps = about(
  "What a peer finds again when it comes back: nothing, or its state (what would be on its disk).",
  withDefault(choice(["nothing", "state"]), "nothing", "nothing"),
);

/** Every kind of fault with its fields; `hostilities` are the words of the protocol. */
export function describeFault(hostilities: readonly string[]) {
  return variants("do", {
    crash: { at, peers: victims, keeps, for: about("After this it comes back.", optional(time)) },
    leave: { at, peers: victims, for: about("After this it comes back.", optional(time)) },
    restart: { at, peers: about("Who comes back: a number, a list, or a share of those that are down.", victims) },
    partition: {
      at,
      split: about(
        "The share of the peers on one side, drawn at random; or the list of them.",
        either(real(0, 1), list(peer, VICTIMS_MAX, 1), Array.isArray),
      ),
      oneWay: about("The one side no longer reaches the other, but still hears it.", withDefault(flag(), false, false)),
      for: duration,
    },
    slow: {
      at,
      peers: victims,
      factor: about("How many times as long everything takes.", real(1, 1e6)),
      for: duration,
    },
    skew: {
      at,
      peers: victims,
      rate: about("How fast the clock goes; 1 is right.", withDefault(real(0.01, 100), 1, 1)),
      offset: about("How far it jumps ahead.", withDefault(time, 0, "0s")),
      for: duration,
    },
    loss: { at, share: about("Share of the datagrams that vanish.", real(0, 1)), for: duration },
    hostile: { at, peers: victims, what: about("What it does.", choice(hostilities)), for: duration },
  });
}

export type Fault = Described<ReturnType<typeof describeFault>>;

/** Draws the victims among those that are up, in ascending order. */
export function chooseVictims(victims: Victims, up: readonly number[], random: RandomStream): readonly number[] {
  if (!("share" in victims)) return victims;
  const left = [...up];
  const count = Math.floor(victims.share * left.length + 0.5);
  for (let i = 0; i < count; i++) {
    const chosen = i + random.below(left.length - i);
    const kept = left[i] as number;
    left[i] = left[chosen] as number;
    left[chosen] = kept;
  }
  return left.slice(0, count).sort((a, b) => a - b);
}
