// Passwords as they are kept: scrypt with a salt of its own for each. A bounded number is worked on at a time, off the main thread.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { LIMITS } from "./limits.ts";

/** What is written down: `scrypt$N$r$p$salt$hash`, the last two in base64url, so that older ones stay good when the cost grows. */
export type PasswordHash = string;

/** Thrown where more wait than may. */
export class TooBusy extends Error {}

export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** Throws TooBusy. */
  async hash(password: string): Promise<PasswordHash> {
    const salt = randomBytes(LIMITS.saltBytes);
    const { scryptN, scryptR, scryptP } = LIMITS;
    const key = await this.derive(password, salt, scryptN, scryptR, scryptP, LIMITS.hashBytes);
    return `scrypt$${scryptN}$${scryptR}$${scryptP}$${salt.toString("base64url")}$${key.toString("base64url")}`;
  }

  /** False also where the hash is none of ours. Throws TooBusy. */
  async matches(password: string, hash: PasswordHash): Promise<boolean> {
    const [kind, n, r, p, salt, expected] = hash.split("$");
    if (kind !== "scrypt" || salt === undefined || expected === undefined) return false;
    const wanted = Buffer.from(expected, "base64url");
    const key = await this.derive(
      password,
      Buffer.from(salt, "base64url"),
      Number(n),
      Number(r),
      Number(p),
      wanted.length,
    );
    return timingSafeEqual(key, wanted);
  }

  private async derive(
    password: string,
    salt: Buffer,
    n: number,
    r: number,
    p: number,
    bytes: number,
  ): Promise<Buffer> {
    await this.turn();
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        // The wire's text is bytes without a charset, one to a character.
        scrypt(Buffer.from(password, "latin1"), salt, bytes, { N: n, r, p, maxmem: 256 * n * r }, (error, key) =>
          error === null ? resolve(key) : reject(error),
        );
      });
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    if (this.running >= LIMITS.hashingMax) {
      if (this.waiting.length >= LIMITS.hashesWaitingMax) throw new TooBusy("too many passwords wait");
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running++;
  }
}
