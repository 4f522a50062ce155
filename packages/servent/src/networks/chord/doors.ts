// The ports of a member that also serves files: UDP for the ring, and TCP with the same number for HTTP, so that a peer's
// address in the ring is where its files are.
import { portOf } from "@servent/overlay/base/ipv4.ts";
import { ServentError } from "../../base/servent-error.ts";
import { Listener, type ListenerHandler } from "../../runtime/listener.ts";
import type { RingMember } from "./ring-member.ts";

export interface Doors {
  readonly listener: Listener;
  readonly member: RingMember;
}

export interface DoorOptions {
  readonly bind: string;
  /** The port that our owner chose; 0: any. */
  readonly port: number;
  /** Where we listened before; another is taken where somebody else sits there now. */
  readonly knownPort: number;
  readonly handlers: readonly ListenerHandler[];
  readonly openMember: (port: number) => Promise<RingMember>;
}

/** A number that is free for TCP is seldom taken for UDP; so often in a row, something else is wrong. */
const TRIES = 10;

/** Rejects with a ServentError. */
export async function openDoors(options: DoorOptions): Promise<Doors> {
  if (options.port !== 0) return openBoth(options, options.port);
  for (let attempt = 0; ; attempt++) {
    try {
      return await openBoth(options, attempt === 0 ? options.knownPort : 0);
    } catch (error) {
      if (attempt >= TRIES || !(error instanceof ServentError) || error.code !== "port_in_use") throw error;
    }
  }
}

async function openBoth({ bind, handlers, openMember }: DoorOptions, port: number): Promise<Doors> {
  const listener = await Listener.open({ host: bind, port, handlers });
  try {
    return { listener, member: await openMember(portOf(listener.address)) };
  } catch (error) {
    listener.close();
    throw error;
  }
}
