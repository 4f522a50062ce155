// How two OpenNap servers show each other that they know a password: MD5 over both nonces and the password, as upper-case hex.
// The format is theirs, and so is the hash: a strong password is all that protects it.
import { hexEncode, latin1Encode } from "../../../base/bytes.ts";
import { md5 } from "../../../base/md5.ts";
import type { Host } from "../../../host/host.ts";

/** Sixteen hex digits. */
export function newNonce(host: Host): string {
  return hex32(host.u32()) + hex32(host.u32());
}

/** What who knows the password sends, given the nonce that it received and the one that it sent. All byte text. */
export function linkProof(receivedNonce: string, sentNonce: string, password: string): string {
  return hexEncode(md5(latin1Encode(receivedNonce + sentNonce + password))).toUpperCase();
}

function hex32(number: number): string {
  return number.toString(16).padStart(8, "0").toUpperCase();
}
