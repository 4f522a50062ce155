// The introducer as a program: the desk, its clock, its HTTP side, its port checks and the file that outlives it, wired together.
import type { Address } from "@servent/overlay/host/host.ts";
import { Desk } from "@servent/overlay/protocols/introducer/desk.ts";
import { LIMITS as PROTOCOL } from "@servent/overlay/protocols/introducer/limits.ts";
import { KINDS } from "@servent/overlay/protocols/introducer/messages.ts";
import { SideWrites } from "../base/side-writes.ts";
import { type AddressBlock, isInBlock, isPublic } from "../runtime/address.ts";
import { SocketHost } from "../runtime/socket-host.ts";
import { HttpDoor } from "./http-door.ts";
import { LIMITS } from "./limits.ts";
import { PortChecks } from "./port-check.ts";
import { readState, writeState } from "./state-file.ts";

export interface IntroducerOptions {
  /** `host:port` of this machine, IPv4. */
  readonly listen: string;
  /** Base URL of the introducer that does the work; null: this one. */
  readonly handOn: string | null;
  /** Base URLs of other introducers, given to whoever asks for some. */
  readonly others: readonly string[];
  /** Private addresses whose peers are taken all the same. */
  readonly allow: readonly AddressBlock[];
  readonly trustedProxies: readonly AddressBlock[];
  /** Where the peers are kept over a restart; null: nowhere. */
  readonly stateFile: string | null;
  /** Time between two checks of a peer; the usual one where absent. */
  readonly recheckMs?: number;
  readonly name: string;
  /** Hears when the peers could not be written down; all goes on without. */
  readonly onUnwritten: (error: unknown) => void;
}

export interface IntroducerStatus {
  readonly requests: number;
  readonly requestsInHour: number;
  readonly networks: readonly { readonly network: string; readonly known: number; readonly ready: number }[];
}

/** Every kind of peers that can be each other's neighbours, or servers of somebody. */
const NETWORKS: readonly string[] = Object.values(KINDS);

export class Introducer {
  private readonly options: IntroducerOptions;
  private readonly host = new SocketHost();
  private readonly desk: Desk;
  private readonly checks: PortChecks;
  private readonly door: HttpDoor;
  private readonly writes: SideWrites;
  private saving: NodeJS.Timeout | undefined = undefined;

  constructor(options: IntroducerOptions) {
    this.options = options;
    this.writes = new SideWrites(options.onUnwritten);
    this.desk = new Desk(
      this.host,
      {
        networks: NETWORKS,
        mayList: (address) => this.mayList(address),
        ...(options.recheckMs === undefined ? {} : { recheckMs: options.recheckMs }),
      },
      { check: (address) => this.checks.check(address) },
    );
    this.checks = new PortChecks({
      timeoutMs: PROTOCOL.checkMs,
      onChecked: (address, isThere) => this.desk.checked(address, isThere),
    });
    this.door = new HttpDoor({
      ...options,
      networks: NETWORKS,
      goneWithinMs: this.desk.goneWithinMs,
      answer: (from, request) => this.desk.answer(from, request),
      now: () => performance.now(),
    });
    this.host.attach(this.desk);
  }

  /** Resolves with its base URL once it listens. Rejects with a ServentError, and listens no more: `port_in_use`, `permission`, `refused`, `invalid_value`. */
  async start(): Promise<string> {
    try {
      return await this.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.close();
    if (this.options.stateFile !== null) this.save(this.options.stateFile);
  }

  status(): IntroducerStatus {
    const { requests } = this.door;
    const networks = this.desk.numbers().filter(({ known }) => known > 0);
    return { requests: requests.total, requestsInHour: requests.lastHour, networks };
  }

  private async open(): Promise<string> {
    const { stateFile } = this.options;
    if (stateFile !== null) this.desk.restore(readState(stateFile, Date.now()));
    const url = await this.door.listen();
    this.desk.start();
    if (stateFile !== null) {
      // Whether it can be written shows now, not when it is too late.
      writeState(stateFile, this.desk.kept(), Date.now());
      this.saving = setInterval(() => this.save(stateFile), LIMITS.saveEveryMs);
    }
    return url;
  }

  private async close(): Promise<void> {
    clearInterval(this.saving);
    await this.door.close();
    this.desk.stop();
    this.host.stop();
    this.checks.stop();
  }

  private save(file: string): void {
    this.writes.attempt(() => writeState(file, this.desk.kept(), Date.now()));
  }

  private mayList(address: Address): boolean {
    return isPublic(address) || this.options.allow.some((block) => isInBlock(address, block));
  }
}
