// How a server shows that it knows the union's key without sending it: a code over both greetings, which hold a fresh nonce of
// each side, made with the key. Each side's code says which side it is, so that nobody can be shown his own.
import { concatBytes, equalBytes, utf8Encode } from "../../../base/bytes.ts";
import { hmacSha256 } from "../../../base/sha256.ts";
import { encodeMeshMessage } from "./codec.ts";
import type { Hello } from "./messages.ts";

export type Side = "dialler" | "answerer";

/** The two greetings of a link. */
export interface Greetings {
  readonly dialler: Hello;
  readonly answerer: Hello;
}

/** HMAC-SHA-256, 32 bytes. */
export function proofOf(key: Uint8Array, side: Side, { dialler, answerer }: Greetings): Uint8Array {
  const text = [utf8Encode(`servent union proof, ${side}\0`), encodeMeshMessage(dialler), encodeMeshMessage(answerer)];
  return hmacSha256(key, concatBytes(text));
}

export function isProof(code: Uint8Array, key: Uint8Array, side: Side, greetings: Greetings): boolean {
  // Both are hashed once more, so that the time the comparison takes says nothing about the code.
  return equalBytes(hmacSha256(key, code), hmacSha256(key, proofOf(key, side, greetings)));
}
