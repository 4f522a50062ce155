// Takes out of log text what must not leave the machine with it: secrets, the owner's home folder, peers' addresses.
import { createHmac, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { homedir } from "node:os";
import type { LogFields } from "./log.ts";

export interface RedactorOptions {
  readonly home: string | undefined;
  readonly withAddresses: boolean;
}

const SECRETS: readonly RegExp[] = [
  /\bsrv_[A-Za-z0-9_-]{16,}/g,
  /(?<=\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]+/gi,
  /\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b/g,
];
/** Fields whose whole value is a secret, whatever it looks like. */
const SECRET_FIELD = /^(?:authorization|cookie|set-cookie|password|secret|token|code)$/i;
/** What could be an address; `node:net` decides. */
const ADDRESS = /(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?![\w.]*[A-Za-z_])/gi;
/** Names nobody: this machine, and no address at all. */
const OWN = /^(?:127\.|0\.0\.0\.0$|::1?$)/;
/** Deeper than this a field is our own mistake; it is cut, so that a cycle ends. */
const DEPTH_MAX = 4;

export class Redactor {
  private readonly home: string;
  private readonly withAddresses: boolean;
  /** Gives one peer the same name throughout a run, and another in the next. */
  private readonly key = randomBytes(16);

  constructor(options: RedactorOptions) {
    this.home = options.home ?? homedir();
    this.withAddresses = options.withAddresses;
  }

  text(text: string): string {
    let clean = text;
    for (const secret of SECRETS) clean = clean.replace(secret, "[secret]");
    // The root folder as home would turn every path into nonsense.
    if (this.home.length > 1) clean = clean.replaceAll(this.home, "~");
    return this.withAddresses ? clean : clean.replace(ADDRESS, (address) => this.peer(address));
  }

  fields(fields: LogFields): LogFields {
    return this.record(fields, 0);
  }

  private record(fields: LogFields, depth: number): LogFields {
    const clean: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields)) {
      clean[key] = SECRET_FIELD.test(key) ? "[secret]" : this.value(value, depth);
    }
    return clean;
  }

  private value(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Error) return this.text(value.stack ?? String(value));
    if (typeof value !== "object" || value === null) return value;
    if (depth >= DEPTH_MAX) return "[deep]";
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    return this.record({ ...value }, depth + 1);
  }

  private peer(address: string): string {
    if (isIP(address) === 0 || OWN.test(address)) return address;
    return `peer-${createHmac("sha256", this.key).update(address).digest("hex").slice(0, 6)}`;
  }
}
