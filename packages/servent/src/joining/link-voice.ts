// Multicast DNS on one interface: what goes out, what comes in. Who is believed is decided elsewhere.
import openMdns from "multicast-dns";
import type { LinkRecord } from "./link-records.ts";

/** `from`: the address in digits that the packet came from. */
export interface LinkEars {
  onRecords(from: string, records: readonly LinkRecord[]): void;
  onQuestions(from: string, names: readonly string[]): void;
}

export interface LinkVoice {
  /** Asks everybody for services of these types. */
  ask(types: readonly string[]): void;
  /** Resolves when it is out, or could not be sent. */
  say(records: readonly LinkRecord[]): Promise<void>;
  close(): Promise<void>;
}

const MDNS_PORT = 5353;

/** On the interface that has this address. */
export function openVoice(address: string, ears: LinkEars): LinkVoice {
  // Bound to every address: to one of its own, a socket would hear nothing that is sent to all.
  const mdns = openMdns({ interface: address, bind: "0.0.0.0", port: MDNS_PORT, reuseAddr: true });
  // A link that goes away, or a port that somebody holds, ends the search there and nothing else.
  mdns.on("error", () => undefined);
  mdns.on("warning", () => undefined);
  mdns.on("response", ({ answers, additionals }, from) => {
    ears.onRecords(from.address, [...(answers ?? []), ...(additionals ?? [])]);
  });
  mdns.on("query", ({ questions }, from) => {
    const names = (questions ?? []).map(({ name }) => name);
    ears.onQuestions(from.address, names);
  });
  return {
    ask: (types) => mdns.query({ questions: types.map((name) => ({ name, type: "PTR" })) }, () => undefined),
    say: (records) => new Promise((resolve) => mdns.respond({ answers: [...records] }, () => resolve())),
    close: () => new Promise((resolve) => mdns.destroy(resolve)),
  };
}
