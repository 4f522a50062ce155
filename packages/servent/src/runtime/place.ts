// Where to listen, as people write it.
import { ServentError } from "../base/servent-error.ts";
import { addressFrom } from "./address.ts";

/** An address of this machine in digits, and a port; 0: the system chooses. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8888`. Throws ServentError `invalid_value`. */
export function placeOf(text: string): Place {
  const [, host = "", digits = ""] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (addressFrom(host, Number(digits)) === undefined) {
    const hint =
      "Write it as address:port, in digits: 127.0.0.1:8888, or 0.0.0.0:8888 for every address of this machine.";
    throw new ServentError("invalid_value", `"${text}" is no place to listen.`, hint);
  }
  return { host, port: Number(digits) };
}
