// Giving at the data port: files that a server announced, our list, hash trees; and bringing files to those who cannot come.
import { randomUUID } from "node:crypto";
import { latin1Encode } from "@servent/overlay/base/bytes.ts";
import { sha1OfUrn, urnsOf } from "@servent/overlay/base/urn.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { fromByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import type { UploadVerdict } from "@servent/overlay/protocols/napster/client-options.ts";
import { listOf } from "@servent/overlay/protocols/napster/peer/opening.ts";
import type { Library, OpenFile, SharedFile } from "../../library/library.ts";
import { readAt } from "../../library/read-at.ts";
import { endpointOf } from "../../runtime/address.ts";
import type { Uploads } from "../../transfers/uploads.ts";
import { encodeThex } from "../http/thex.ts";
import { PeerConnection } from "../peer-connection.ts";
import { CallRations } from "./call-rations.ts";
import type { Caller } from "./data-port.ts";
import type { SharedPaths } from "./shared-paths.ts";
import { awaitGreeting, readOffset, writeOpening } from "./talk.ts";

export interface GivingOptions {
  readonly library: Pick<Library, "open" | "bySha1" | "tigerLevel">;
  readonly paths: SharedPaths;
  readonly uploads: Uploads;
  readonly localAddress: string | undefined;
  /** Whether a server announced this user for this file, and we agreed. An empty path stands for our list. */
  readonly isAnnounced: (nick: string, path: string) => boolean;
  /** Tells the servers that an upload begins or ends. */
  readonly tell: (step: "begun" | "ended") => void;
}

/** Bytes handed to the kernel at once: below 256 KiB the calls cost more than the copies. */
const SEND_BYTES = 256 * 1024;
/** How long a peer may take none of the bytes we have for it. */
const STALL_MS = 60_000;
const DIAL_MS = 10_000;
/** Calls to peers under way: nobody uses us to knock on doors. */
const CALLS_MAX = 32;
/** A list goes out through the upload limit, so more at once would only wait. */
const LISTS_MAX = 4;

export class Giving {
  readonly counters = {
    filesGiven: 0,
    filesRefused: 0,
    filesBrought: 0,
    callsRefused: 0,
    lists: 0,
    trees: 0,
    bytesGiven: 0,
  };
  private readonly options: GivingOptions;
  private calls = 0;
  private readonly rations = new CallRations();
  private lists = 0;
  private isClosed = false;
  private readonly open = new Set<PeerConnection>();

  constructor(options: GivingOptions) {
    this.options = options;
  }

  /** What the owner of a file that was asked for says. */
  verdict(path: string): UploadVerdict {
    const { paths, uploads } = this.options;
    if (paths.fileAt(path) === undefined) return { kind: "unavailable" };
    return uploads.slotsFree > 0 ? { kind: "accepted" } : { kind: "full", slots: uploads.slotsMax };
  }

  /** Rejects with a SourceError where the peer goes. */
  async get(caller: Caller, nick: string, path: string, offset: number): Promise<void> {
    const file = this.options.paths.fileAt(path);
    if (!this.options.isAnnounced(nick, path)) return this.refuse(caller, "FILE NOT REQUESTED");
    if (file === undefined) return this.refuse(caller, "FILE NOT SHARED");
    if (offset > file.size) return this.refuse(caller, "INVALID REQUEST");
    await this.give(caller, nick, file, offset, String(file.size));
  }

  /** Everything we share, to whom a server announced. */
  async list(caller: Caller, ownNick: string, isAnnounced: boolean): Promise<void> {
    if (!isAnnounced) return this.refuse(caller, "INVALID REQUEST");
    await this.sendList(caller, `${ownNick}\n`);
  }

  /** `length` and a line feed, then the tree as THEX; `0` where there is none. */
  async tree(caller: Caller, urn: string): Promise<void> {
    const { library, uploads } = this.options;
    const sha1 = sha1OfUrn(urn);
    const file = sha1 === undefined ? undefined : library.bySha1(sha1);
    const level = file === undefined ? undefined : library.tigerLevel(file);
    const body = file === undefined || level === undefined ? undefined : encodeThex(file.size, level, randomUUID());
    if (body === undefined) return caller.connection.write(latin1Encode("0\n"), STALL_MS);
    this.counters.trees++;
    await uploads.rate.take(caller.host, body.length);
    await caller.connection.write(Buffer.concat([latin1Encode(`${body.length}\n`), body]), STALL_MS);
  }

  /** Connects to a peer that waits for a file and sends it. Never rejects. */
  async bring(nick: string, ownNick: string, address: Address, path: string): Promise<void> {
    const file = this.options.paths.fileAt(path);
    if (file === undefined) return;
    await this.call(address, async (caller) => {
      await writeOpening(caller.connection, { kind: "send", nick: ownNick, path, size: file.size }, false);
      const offset = await readOffset(caller.connection);
      if (offset > file.size) return;
      this.counters.filesBrought++;
      await this.give(caller, nick, file, offset, "");
    });
  }

  /** Connects to a peer that waits for our list. Never rejects. */
  bringList(ownNick: string, address: Address): Promise<void> {
    return this.call(address, async (caller) => {
      await writeOpening(caller.connection, { kind: "send-list", nick: ownNick }, false);
      await this.sendList(caller, "");
    });
  }

  close(): void {
    this.isClosed = true;
    for (const connection of this.open) connection.destroy();
  }

  private async call(address: Address, use: (caller: Caller) => Promise<void>): Promise<void> {
    if (this.calls >= CALLS_MAX || this.isClosed) return;
    const endpoint = endpointOf(address);
    if (!this.rations.take(endpoint.host)) {
      this.counters.callsRefused++;
      return;
    }
    this.calls++;
    const { localAddress } = this.options;
    let connection: PeerConnection | undefined = undefined;
    try {
      connection = await PeerConnection.dial(endpoint, { localAddress, timeoutMs: DIAL_MS });
      this.open.add(connection);
      await awaitGreeting(connection);
      this.rations.giveBack(endpoint.host);
      await use({ connection, host: endpoint.host });
      connection.end();
    } catch {
      // Whoever waited there is gone, or wants something else by now.
      connection?.destroy();
    } finally {
      this.calls--;
      if (connection !== undefined) this.open.delete(connection);
    }
  }

  private async sendList({ connection, host }: Caller, head: string): Promise<void> {
    if (this.lists >= LISTS_MAX) return;
    this.lists++;
    try {
      this.counters.lists++;
      const bytes = latin1Encode(head + listOf(this.options.paths.files()));
      await this.options.uploads.rate.take(host, bytes.length);
      await connection.write(bytes, STALL_MS);
    } finally {
      this.lists--;
    }
  }

  private refuse({ connection }: Caller, text: string): Promise<void> {
    this.counters.filesRefused++;
    return connection.write(latin1Encode(text), STALL_MS);
  }

  /** Without a free place the connection ends without a word; so it does where the file has changed meanwhile. */
  private async give(caller: Caller, nick: string, file: SharedFile, offset: number, head: string): Promise<void> {
    const { uploads, tell } = this.options;
    const slot = uploads.slot(caller.host, () => caller.connection.destroy());
    if (slot === undefined) return;
    const open = this.openFile(file);
    try {
      if (open === undefined) return;
      const stop = () => caller.connection.destroy();
      const request = {
        peer: `${fromByteText(nick)}@${caller.host}`,
        host: caller.host,
        file: String(file.index),
        name: file.name,
        size: file.size,
        urns: urnsOf({ sha1: file.sha1, tiger: file.tigerRoot }),
      };
      const upload = uploads.begin(request, stop);
      if (upload === undefined) return;
      this.counters.filesGiven++;
      tell("begun");
      try {
        await this.sendBytes(caller, open, offset, head, (bytes) => {
          slot.sent(bytes);
          uploads.sent(upload, bytes);
        });
      } finally {
        uploads.rest(upload, stop);
        tell("ended");
      }
    } finally {
      open?.close();
      slot.release();
    }
  }

  private openFile(file: SharedFile): OpenFile | undefined {
    try {
      return this.options.library.open(file);
    } catch {
      // The system has no room for another open file: the peer may come again.
      return undefined;
    }
  }

  private async sendBytes(
    { connection, host }: Caller,
    { fd, file }: OpenFile,
    offset: number,
    head: string,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    const { rate } = this.options.uploads;
    if (head !== "") await connection.write(latin1Encode(head), STALL_MS);
    const buffer = Buffer.allocUnsafeSlow(SEND_BYTES);
    for (let at = offset; at < file.size; ) {
      const want = rate.chunkBytes(Math.min(SEND_BYTES, file.size - at));
      await rate.take(host, want);
      const count = await readAt(fd, buffer, Math.min(want, file.size - at), at);
      // Shorter than when it was hashed: what was promised cannot be sent.
      if (count === 0) return connection.destroy();
      await connection.write(buffer.subarray(0, count), STALL_MS);
      this.counters.bytesGiven += count;
      onSent(count);
      at += count;
    }
  }
}
