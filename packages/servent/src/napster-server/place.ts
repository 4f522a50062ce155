// Where to listen, and where others listen, as people write it.
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import { ServentError } from "../base/servent-error.ts";
import { addressFrom } from "../runtime/address.ts";

/** `127.0.0.1:8888`, port 0 for any. Throws ServentError `invalid_value`. */
export function placeOf(text: string): { readonly host: string; readonly port: number } {
  const [, host = "", digits = ""] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (addressFrom(host, Number(digits)) === undefined) {
    throw new ServentError("invalid_value", `"${text}" is no place to listen.`, "Write it like 127.0.0.1:8888.");
  }
  return { host, port: Number(digits) };
}

/** A server that can be dialled. Throws ServentError `invalid_value`. */
export function serverPlace(text: string): string {
  if (parseEndpoint(text) === undefined) {
    throw new ServentError("invalid_value", `"${text}" is no server's address.`, "Write it like 10.0.0.5:8888.");
  }
  return text;
}
