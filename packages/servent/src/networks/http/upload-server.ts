// Giving files to peers over HTTP, on connections that the listener hands over. Requests are read one after
// the other on each connection; every wait has an end, and every table a bound.
import { randomUUID } from "node:crypto";
import type net from "node:net";
import { equalBytes, utf8Encode } from "@servent/overlay/base/bytes.ts";
import { hashesOf, urnsOf } from "@servent/overlay/base/urn.ts";
import type { Library, OpenFile, SharedFile } from "../../library/library.ts";
import { readAt } from "../../library/read-at.ts";
import type { UploadSlot, Uploads } from "../../transfers/uploads.ts";
import { type ByteRange, SourceError } from "../network.ts";
import { PeerConnection } from "../peer-connection.ts";
import { HeadCollector, type Headers } from "./http-head.ts";
import { type RangeWish, parseRange } from "./http-range.ts";
import { type HttpRequest, type ParsedRequest, parseRequest, parseTarget } from "./http-request.ts";
import { encodeThex } from "./thex.ts";
import { BROWSE_ROWS_MAX, type SmallAnswer, accepts, browsePage, encodeHead, fileHeaders } from "./upload-answer.ts";

/** A request for something that is not a file: a push proxy, for example. */
export interface OtherRequest {
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** Address of the peer. */
  readonly host: string;
}

export interface UploadServerOptions {
  readonly library: Pick<Library, "byIndex" | "bySha1" | "list" | "open" | "tigerLevel" | "version">;
  readonly uploads: Uploads;
  /** Value of the Server header. */
  readonly server: string;
  /** May strangers list what we share? */
  readonly browse?: boolean;
  /** Answers what this server does not know; undefined: 404. */
  readonly other?: (request: OtherRequest) => SmallAnswer | undefined;
  readonly timeouts?: Partial<UploadTimeouts>;
  readonly connectionsMax?: number;
  readonly connectionsPerHostMax?: number;
}

export interface UploadTimeouts {
  /** A whole head, from its first byte, or from the start of the connection. */
  readonly headMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** How long a peer may take none of the bytes we have for it. */
  readonly stallMs: number;
  /** A peer keeps its slot so long between two requests. */
  readonly slotHoldMs: number;
  /** Between two pages for one address. */
  readonly browseMs: number;
}

const TIMEOUTS: UploadTimeouts = {
  headMs: 30_000,
  idleMs: 90_000,
  stallMs: 60_000,
  slotHoldMs: 10_000,
  browseMs: 10_000,
};
/** Connections in all: each costs a descriptor and some kilobytes; most wait for a slot. */
const CONNECTIONS_MAX = 200;
/** Connections of one address: several people may share one. */
const CONNECTIONS_PER_HOST_MAX = 16;
/** Bytes handed to the kernel at once: below 256 KiB the calls cost more than the copies. */
const SEND_BYTES = 512 * 1024;
/** Addresses that were shown a page lately: a page goes out through the upload limit, so more than these would only wait. */
const BROWSERS_MAX = 500;
/** Requests for what we do not have, or for a page too soon, on one connection, before it is closed: such a peer is guessing. */
const MISSES_MAX = 20;

export class UploadServer {
  /** What happened since the start, for status pages. */
  readonly counters = { requests: 0, refused: 0, misses: 0, dropped: 0, faults: 0, bytesSent: 0 };
  readonly options: UploadServerOptions;
  readonly timeouts: UploadTimeouts;
  private readonly connections = new Map<PeerConnection, string>();
  private readonly perHost = new Map<string, number>();
  /** When each address may be shown a page again, the soonest first. */
  private readonly browsers = new Map<string, number>();
  private page: { readonly version: number; readonly body: Uint8Array } | undefined = undefined;
  private closed = false;

  constructor(options: UploadServerOptions) {
    this.options = options;
    this.timeouts = { ...TIMEOUTS, ...options.timeouts };
  }

  /** Serves a connection whose first bytes were read already. Owns the socket from now on. */
  take(socket: net.Socket, early: Uint8Array): void {
    const host = socket.remoteAddress ?? "";
    const mine = this.perHost.get(host) ?? 0;
    const { connectionsMax = CONNECTIONS_MAX, connectionsPerHostMax = CONNECTIONS_PER_HOST_MAX } = this.options;
    if (this.closed || this.connections.size >= connectionsMax || mine >= connectionsPerHostMax) {
      this.counters.dropped++;
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    const connection = PeerConnection.adopt(socket, early);
    this.connections.set(connection, host);
    this.perHost.set(host, mine + 1);
    const served = new ServedConnection(this, connection, host, `${host}:${socket.remotePort ?? 0}`);
    void served.run().finally(() => {
      this.connections.delete(connection);
      const left = (this.perHost.get(host) as number) - 1;
      if (left === 0) this.perHost.delete(host);
      else this.perHost.set(host, left);
    });
  }

  /** The page for browsers; it is made once for each state of the library. Undefined: this address had it just now. */
  browse(host: string): Uint8Array | undefined {
    const now = Date.now();
    for (const [each, at] of this.browsers) {
      if (at > now) break;
      this.browsers.delete(each);
    }
    if (this.browsers.has(host) || this.browsers.size >= BROWSERS_MAX) return undefined;
    this.browsers.set(host, now + this.timeouts.browseMs);
    const { library } = this.options;
    const { version } = library;
    if (this.page?.version !== version) {
      const { items, total } = library.list(0, BROWSE_ROWS_MAX);
      this.page = { version, body: browsePage(items, total) };
    }
    return this.page.body;
  }

  get open(): number {
    return this.connections.size;
  }

  close(): void {
    this.closed = true;
    for (const connection of this.connections.keys()) connection.destroy();
  }
}

class ServedConnection {
  private readonly server: UploadServer;
  private readonly connection: PeerConnection;
  private readonly host: string;
  private readonly peer: string;
  private slot: UploadSlot | undefined = undefined;
  private buffer: Buffer | undefined = undefined;
  private isFirst = true;
  private misses = 0;

  constructor(server: UploadServer, connection: PeerConnection, host: string, peer: string) {
    this.server = server;
    this.connection = connection;
    this.host = host;
    this.peer = peer;
  }

  /** Never rejects: what goes wrong with a peer ends its connection, and nothing else. */
  async run(): Promise<void> {
    try {
      while (await this.serveNext());
      this.connection.end();
    } catch (error) {
      this.connection.destroy();
      // Our own fault: counted, since one request must not end what everybody else is served by.
      if (!(error instanceof SourceError)) this.server.counters.faults++;
    } finally {
      this.slot?.release();
    }
  }

  /** False: the connection ends here. */
  private async serveNext(): Promise<boolean> {
    const parsed = await this.readRequest();
    if (parsed === undefined) return false;
    this.server.counters.requests++;
    if (!parsed.ok) {
      this.server.counters.refused++;
      await this.answer(undefined, parsed.refusal);
      return false;
    }
    const { request } = parsed;
    const keepAlive = (await this.route(request)) && request.keepAlive && this.misses < MISSES_MAX;
    this.isFirst = false;
    return keepAlive;
  }

  private async readRequest(): Promise<ParsedRequest | undefined> {
    const { headMs, idleMs, slotHoldMs } = this.server.timeouts;
    const collector = new HeadCollector();
    const releaseSlot = setTimeout(() => {
      this.slot?.release();
      this.slot = undefined;
      this.buffer = undefined;
    }, slotHoldMs);
    try {
      let deadline = Date.now() + (this.isFirst ? headMs : idleMs);
      for (;;) {
        const bytes = await this.connection.read(Math.max(1, deadline - Date.now()));
        if (bytes === undefined) return undefined;
        if (collector.isEmpty) deadline = Date.now() + headMs;
        const progress = collector.push(bytes);
        if (progress.at === "too-large") return { ok: false, refusal: { status: 413, reason: "Header too long" } };
        if (progress.at === "more") continue;
        this.connection.unread(progress.rest);
        return parseRequest(progress.head);
      }
    } finally {
      clearTimeout(releaseSlot);
    }
  }

  /** False: the connection cannot be used for another request. */
  private async route(request: HttpRequest): Promise<boolean> {
    const target = parseTarget(request.target);
    const { library, browse = true } = this.server.options;
    switch (target.kind) {
      case "bad":
        return this.answer(request, { status: 400, reason: "Bad escape" });
      case "browse": {
        if (!browse) return this.answer(request, { status: 403, reason: "Browsing is off" });
        if (!accepts(request, "text/html")) return this.answer(request, { status: 406, reason: "Not acceptable" });
        return this.sendPage(request);
      }
      case "index": {
        const file = library.byIndex(target.index);
        const isSame = file !== undefined && file.name.normalize("NFC") === target.name.normalize("NFC");
        return isSame ? this.sendFile(request, file) : this.miss(request);
      }
      case "urn": {
        const { sha1, tiger } = hashesOf([target.urn]);
        const file = sha1 === undefined ? undefined : library.bySha1(sha1);
        if (file === undefined || (tiger !== undefined && !sameRoot(file, tiger))) return this.miss(request);
        return target.service === "n2r" ? this.sendFile(request, file) : this.sendTree(request, file);
      }
      case "other": {
        const asked = { path: target.path, query: target.query, headers: request.headers, host: this.host };
        const answer = this.server.options.other?.(asked);
        return answer === undefined ? this.miss(request) : this.answer(request, answer);
      }
    }
  }

  private miss(request: HttpRequest): Promise<boolean> {
    this.misses++;
    this.server.counters.misses++;
    return this.answer(request, { status: 404, reason: "Not Found" });
  }

  private async answer(request: HttpRequest | undefined, answer: SmallAnswer): Promise<boolean> {
    const keepAlive = request?.keepAlive ?? false;
    const body = answer.body ?? new Uint8Array(0);
    const headers = { Server: this.server.options.server, ...answer.headers, "Content-Length": String(body.length) };
    const head = utf8Encode(encodeHead(answer.status, answer.reason, headers, keepAlive));
    await this.send(request?.method === "HEAD" ? head : Buffer.concat([head, body]));
    return true;
  }

  private async sendPage(request: HttpRequest): Promise<boolean> {
    const body = this.server.browse(this.host);
    if (body === undefined) {
      this.misses++;
      const headers = { "Retry-After": String(Math.ceil(this.server.timeouts.browseMs / 1000)) };
      return this.answer(request, { status: 503, reason: "Busy", headers });
    }
    if (request.method === "GET") await this.server.options.uploads.rate.take(this.host, body.length);
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    return this.answer(request, { status: 200, reason: "OK", headers, body });
  }

  /** THEX answers need no slot: they are small, and without them a peer cannot tell good bytes from bad. */
  private async sendTree(request: HttpRequest, file: SharedFile): Promise<boolean> {
    const level = this.server.options.library.tigerLevel(file);
    const body = level === undefined ? undefined : encodeThex(file.size, level, randomUUID());
    if (body === undefined) return this.miss(request);
    if (!accepts(request, "application/dime")) return this.answer(request, { status: 406, reason: "Not acceptable" });
    await this.server.options.uploads.rate.take(this.host, body.length);
    return this.answer(request, { status: 200, reason: "OK", headers: { "Content-Type": "application/dime" }, body });
  }

  private async sendFile(request: HttpRequest, file: SharedFile): Promise<boolean> {
    const wish = parseRange(request.headers.get("range"), file.size);
    if (wish.kind === "unsatisfiable") {
      const headers = { "Content-Range": `bytes */${file.size}` };
      return this.answer(request, { status: 416, reason: "Range Not Satisfiable", headers });
    }
    if (request.method === "HEAD") {
      await this.send(utf8Encode(this.fileHead(request, file, wish)));
      return true;
    }
    this.slot ??= this.server.options.uploads.slot(this.host, () => this.connection.destroy());
    if (this.slot === undefined) return this.busy(request);
    let open: OpenFile | undefined;
    try {
      open = this.server.options.library.open(file);
    } catch {
      // The system has no room for another open file: the file is still there, and may be asked for later.
      return this.busy(request);
    }
    if (open === undefined) return this.answer(request, { status: 410, reason: "Gone" });
    try {
      return await this.sendBytes(request, file, open, wish);
    } finally {
      open.close();
    }
  }

  private busy(request: HttpRequest): Promise<boolean> {
    const headers = { "Retry-After": String(this.server.options.uploads.retryAfterSeconds()) };
    return this.answer(request, { status: 503, reason: "Busy", headers });
  }

  private async sendBytes(request: HttpRequest, file: SharedFile, open: OpenFile, wish: RangeWish): Promise<boolean> {
    const { uploads } = this.server.options;
    const stop = () => this.connection.destroy();
    const upload = uploads.begin(
      {
        peer: this.peer,
        host: this.host,
        file: String(file.index),
        name: file.name,
        size: file.size,
        urns: urnsOf({ sha1: file.sha1, tiger: file.tigerRoot }),
      },
      stop,
    );
    if (upload === undefined) return this.answer(request, { status: 403, reason: "Refused" });
    const range: ByteRange = wish.kind === "part" ? wish.range : { start: 0, end: file.size };
    try {
      await this.send(utf8Encode(this.fileHead(request, file, wish)));
      this.buffer ??= Buffer.allocUnsafeSlow(SEND_BYTES);
      for (let at = range.start; at < range.end; ) {
        const want = uploads.rate.chunkBytes(Math.min(SEND_BYTES, range.end - at));
        await uploads.rate.take(this.host, want);
        const count = await readAt(open.fd, this.buffer, Math.min(want, range.end - at), at);
        // Shorter than when it was hashed: what was promised cannot be sent.
        if (count === 0) return stopAndEnd(stop);
        this.slot?.sent(count);
        await this.send(this.buffer.subarray(0, count));
        uploads.sent(upload, count);
        at += count;
      }
      return true;
    } finally {
      uploads.rest(upload, stop);
    }
  }

  private fileHead(request: HttpRequest, file: SharedFile, wish: RangeWish): string {
    const part = wish.kind === "part" ? wish.range : undefined;
    const headers = { Server: this.server.options.server, ...fileHeaders(file, part, this.isFirst) };
    return encodeHead(
      part === undefined ? 200 : 206,
      part === undefined ? "OK" : "Partial Content",
      headers,
      request.keepAlive,
    );
  }

  private async send(bytes: Uint8Array): Promise<void> {
    await this.connection.write(bytes, this.server.timeouts.stallMs);
    this.server.counters.bytesSent += bytes.length;
  }
}

function stopAndEnd(stop: () => void): false {
  stop();
  return false;
}

function sameRoot(file: SharedFile, root: Uint8Array): boolean {
  return file.tigerRoot !== undefined && equalBytes(file.tigerRoot, root);
}
