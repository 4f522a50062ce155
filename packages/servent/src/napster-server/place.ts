// Where an index server listens, port by port, and where others listen, as people write it.
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import { ServentError } from "../base/servent-error.ts";
import { placeOf } from "../runtime/place.ts";

const ANY = "0.0.0.0";

/**
 * Each place is one, and no two of them are the same, where the system would blame another program. Throws ServentError `invalid_value`.
 * @param places By what they are called; null: there is none.
 */
export function checkPlaces(places: Readonly<Record<string, string | null>>): void {
  const taken: { readonly name: string; readonly host: string; readonly port: number }[] = [];
  for (const [name, text] of Object.entries(places)) {
    if (text === null) continue;
    const { host, port } = placeOf(text);
    const other = taken.find((each) => each.port === port && (each.host === host || each.host === ANY || host === ANY));
    if (port !== 0 && other !== undefined) {
      const hint = "Give each of them a port of its own.";
      throw new ServentError("invalid_value", `The port for ${name} is that for ${other.name}: ${text}.`, hint);
    }
    taken.push({ name, host, port });
  }
}

/** A server that can be dialled. Throws ServentError `invalid_value`. */
export function serverPlace(text: string): string {
  if (parseEndpoint(text) === undefined) {
    throw new ServentError("invalid_value", `"${text}" is no server's address.`, "Write it like 10.0.0.5:8888.");
  }
  return text;
}
