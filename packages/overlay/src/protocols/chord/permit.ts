// Permits: what a node gives with its answer to `fetch` and wants back with `store`. Only who receives at an address can know
// its permit, so nobody stores in the name of another. Made as BEP 5 makes its tokens: a hash of the host and a secret.
import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { hostOf } from "../../base/ipv4.ts";
import { sha1 } from "../../base/sha1.ts";
import type { Address, Host } from "../../host/host.ts";

/** Secrets turn this often and the one before stays good, so a permit lives for one to two periods. */
const PERIOD_MS = 300_000;
/** 128 bits, beyond guessing: who knew the secret could make permits of his own. */
const SECRET_WORDS = 4;

export class Permits {
  private readonly host: Pick<Host, "now" | "u32">;
  private period = Number.NEGATIVE_INFINITY;
  private secret: readonly number[] = [];
  private secretBefore: readonly number[] = [];

  constructor(host: Pick<Host, "now" | "u32">) {
    this.host = host;
  }

  /** For everybody at this host, 0 … 2^32 - 1. */
  permit(to: Address): number {
    this.turn();
    return keyedHash(this.secret, hostOf(to));
  }

  isGood(permit: number, from: Address): boolean {
    this.turn();
    const host = hostOf(from);
    return permit === keyedHash(this.secret, host) || permit === keyedHash(this.secretBefore, host);
  }

  private turn(): void {
    const period = Math.floor(this.host.now() / PERIOD_MS);
    if (period === this.period) return;
    // After a longer pause the secret before is one that nobody was given a permit of.
    this.secretBefore = period === this.period + 1 ? this.secret : this.newSecret();
    this.secret = this.newSecret();
    this.period = period;
  }

  private newSecret(): readonly number[] {
    return Array.from({ length: SECRET_WORDS }, () => this.host.u32());
  }
}

function keyedHash(secret: readonly number[], host: number): number {
  const writer = new ByteWriter();
  for (const word of secret) writer.u32be(word);
  writer.u32be(Math.floor(host / 0x1_0000_0000)).u32be(host % 0x1_0000_0000);
  return new ByteReader(sha1(writer.done())).u32be();
}
