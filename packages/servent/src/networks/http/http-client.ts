// Asking peers for bytes over HTTP: ranges of files, and small documents such as hash trees. Connections are
// kept for the next request; how one is opened (dialling, or waiting for a push) is the caller's business.
import type net from "node:net";
import { concatBytes, utf8Encode } from "@servent/overlay/base/bytes.ts";
import { FileBody } from "../file-body.ts";
import { type ByteRange, type Endpoint, type HashTree, SourceError, type SourceStream } from "../network.ts";
import { PeerConnection } from "../peer-connection.ts";
import { ChunkedDecoder } from "./http-chunked.ts";
import { HeadCollector, type Headers } from "./http-head.ts";
import { type HttpResponse, parseResponse, problemOf, queueId, rangeOf, retryAfterMs } from "./http-response.ts";
import { decodeThex, THEX_BYTES_MAX } from "./thex.ts";

/** How to reach a peer. Equal keys mean that a connection made for one request may serve another. */
export interface HttpPeer {
  readonly key: string;
  /** Value of the Host header: `127.0.0.5:6346`. */
  readonly host: string;
  connect(signal: AbortSignal): Promise<PeerConnection>;
}

export interface HttpClientOptions {
  readonly userAgent: string;
  /** Address that dialled connections come from. */
  readonly localAddress?: string;
  /** Headers for every request, asked anew each time: `X-Node`, `X-Features`. */
  readonly headers?: () => Readonly<Record<string, string>>;
  readonly timeouts?: Partial<HttpTimeouts>;
}

export interface HttpTimeouts {
  readonly connectMs: number;
  /** From the request to the first byte of the answer, then between any two reads of the head. */
  readonly answerMs: number;
  /** Between two reads of a body. */
  readonly bodyMs: number;
  /** How long an unused connection is kept; below what servers commonly allow, so that we close first. */
  readonly idleMs: number;
}

const TIMEOUTS: HttpTimeouts = { connectMs: 10_000, answerMs: 45_000, bodyMs: 60_000, idleMs: 25_000 };

/** Unused connections of all peers, and of one: a download has at most a few per peer. */
const IDLE_MAX = 64;
const IDLE_PER_PEER_MAX = 2;
/** Bodies of refusals up to this are read away so that the connection stays usable; longer ones close it. */
const REFUSAL_BYTES_MAX = 16 * 1024;
/** Queue IDs that we remember: one per file and peer that lets us wait. */
const QUEUE_IDS_MAX = 500;

/** Longest wait in a queue for which a connection is kept, and how much later than asked we may come. */
const QUEUED_MS_MAX = 180_000;
const QUEUED_SLACK_MS = 30_000;

export interface FileAnswer extends SourceStream {
  readonly headers: Headers;
}

export interface DocumentAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

interface IdleConnection {
  readonly connection: PeerConnection;
  /** What it served last. */
  readonly path: string;
  readonly timer: NodeJS.Timeout;
}

export class HttpClient {
  private readonly options: HttpClientOptions;
  private readonly timeouts: HttpTimeouts;
  private readonly idle = new Map<string, IdleConnection[]>();
  private idleCount = 0;
  /** What a PARQ server called our place, by peer and path. */
  private readonly queueIds = new Map<string, string>();
  private readonly thexUris = new Map<string, string>();
  private closed = false;

  constructor(options: HttpClientOptions) {
    this.options = options;
    this.timeouts = { ...TIMEOUTS, ...options.timeouts };
  }

  /** A peer that is dialled. */
  peer(endpoint: Endpoint): HttpPeer {
    const host = `${endpoint.host}:${endpoint.port}`;
    const dial = { localAddress: this.options.localAddress, timeoutMs: this.timeouts.connectMs };
    return { key: host, host, connect: (signal) => PeerConnection.dial(endpoint, dial, signal) };
  }

  /** A peer that connects to us: `socketOf` asks it to, and gives the socket on which it said GIV. */
  pushedPeer(key: string, host: string, socketOf: (signal: AbortSignal) => Promise<net.Socket>): HttpPeer {
    return {
      key: `push:${key}`,
      host,
      connect: async (signal) => PeerConnection.adopt(await socketOf(signal)),
    };
  }

  /**
   * Bytes of the file at `path`. The server may give less than `range`: trust the answer's. Chunks of the body are
   * valid until the next one is asked for; leaving it early closes the connection. Rejects with a SourceError.
   */
  async open(peer: HttpPeer, path: string, range: ByteRange, signal: AbortSignal): Promise<FileAnswer> {
    const headers: Record<string, string> = { Range: rangeHeader(range), "X-Queue": "1.0" };
    const place = `${peer.key} ${path}`;
    const id = this.queueIds.get(place);
    if (id !== undefined) headers["X-Queued"] = `ID=${id}`;
    const { connection, response } = await this.exchange(peer, "GET", path, headers, signal);
    this.rememberQueue(place, response);
    this.rememberThex(place, response);
    if (response.status !== 200 && response.status !== 206) {
      await this.discard(peer, path, connection, response);
      throw problemOf(response);
    }
    if (response.status === 200 && range.start > 0) {
      connection.destroy();
      throw new SourceError("range_unavailable", "The peer can only send the file from its start.");
    }
    const given = rangeOf(response, range);
    if (!given.ok) {
      connection.destroy();
      throw new SourceError("protocol", `The peer's answer makes no sense (${given.problem}).`);
    }
    const body = new FileBody(connection, given.value.range, this.timeouts.bodyMs, signal, (isWhole) => {
      if (isWhole && response.keepAlive) this.keep(peer, connection, path);
      else connection.destroy();
    });
    return { ...given.value, headers: response.headers, body };
  }

  /** A small document, whole. Any status is an answer here. Rejects with a SourceError. */
  async fetch(
    peer: HttpPeer,
    path: string,
    more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly bytesMax: number;
      readonly method?: "GET" | "HEAD";
    },
    signal: AbortSignal,
  ): Promise<DocumentAnswer> {
    const { connection, response } = await this.exchange(peer, more.method ?? "GET", path, more.headers ?? {}, signal);
    const abort = () => connection.destroy();
    signal.addEventListener("abort", abort);
    try {
      const body = await this.readDocument(connection, response, more.bytesMax);
      if (response.keepAlive) this.keep(peer, connection, path);
      else connection.destroy();
      return { status: response.status, headers: response.headers, body };
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The hash tree of the file at `path`, where the peer has one. Rejects with a SourceError. */
  async treeOf(peer: HttpPeer, path: string, signal: AbortSignal): Promise<HashTree | undefined> {
    let uri = this.thexUri(peer, path);
    if (uri === undefined) {
      const answer = await this.fetch(peer, path, { method: "HEAD", bytesMax: 0 }, signal);
      uri = answer.headers.get("x-thex-uri")?.split(";")[0]?.trim();
    }
    return uri?.startsWith("/") === true ? this.hashTree(peer, uri, signal) : undefined;
  }

  /**
   * The hash tree behind an `X-Thex-URI`, checked against its own root only; undefined where the peer has none.
   * Rejects with a SourceError.
   */
  async hashTree(
    peer: HttpPeer,
    uri: string,
    signal: AbortSignal,
  ): Promise<(HashTree & { readonly size: number }) | undefined> {
    const more = { headers: { Accept: "application/dime" }, bytesMax: THEX_BYTES_MAX };
    const answer = await this.fetch(peer, uri, more, signal);
    if (answer.status === 503) throw new SourceError("remote_busy", "The peer is too busy to send its hash tree.");
    if (answer.status !== 200) return undefined;
    const tree = decodeThex(answer.body);
    if (!tree.ok) throw new SourceError("protocol", `The peer's hash tree makes no sense (${tree.problem}).`);
    return tree.value;
  }

  /** The `X-Thex-URI` that came with an answer for this path, or undefined. */
  thexUri(peer: HttpPeer, path: string): string | undefined {
    return this.thexUris.get(`${peer.key} ${path}`);
  }

  /** Drops unused connections; those at work end with their requests' signals. */
  close(): void {
    this.closed = true;
    for (const entries of this.idle.values()) {
      for (const { connection, timer } of entries) {
        clearTimeout(timer);
        connection.stopWatching();
        connection.destroy();
      }
    }
    this.idle.clear();
    this.idleCount = 0;
  }

  private async exchange(
    peer: HttpPeer,
    method: "GET" | "HEAD",
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ connection: PeerConnection; response: HttpResponse }> {
    const kept = this.takeIdle(peer.key, path);
    if (kept !== undefined) {
      try {
        return { connection: kept, response: await this.ask(kept, peer, method, path, headers, signal) };
      } catch (error) {
        // A kept connection may have been closed by the peer just now; that says nothing about a fresh one.
        if (signal.aborted || !(error instanceof SourceError) || error.problem !== "peer_gone") throw error;
      }
    }
    const connection = await peer.connect(signal);
    return { connection, response: await this.ask(connection, peer, method, path, headers, signal) };
  }

  private async ask(
    connection: PeerConnection,
    peer: HttpPeer,
    method: "GET" | "HEAD",
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const abort = () => connection.destroy();
    signal.addEventListener("abort", abort);
    try {
      if (signal.aborted) throw new SourceError("peer_gone", "The request was given up.");
      const all = {
        Host: peer.host,
        "User-Agent": this.options.userAgent,
        ...this.options.headers?.(),
        ...headers,
        Connection: "Keep-Alive",
      };
      let text = `${method} ${path} HTTP/1.1\r\n`;
      for (const [name, value] of Object.entries(all)) text += `${name}: ${value.replace(/[\r\n]+/g, " ")}\r\n`;
      await connection.write(utf8Encode(`${text}\r\n`), this.timeouts.answerMs);
      return await this.readHead(connection, method);
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  private async readHead(connection: PeerConnection, method: "GET" | "HEAD"): Promise<HttpResponse> {
    const collector = new HeadCollector();
    // An interim 1xx answer is followed by the real one; two of them are one too many.
    for (let interim = 0; interim < 2; ) {
      const bytes = await connection.read(this.timeouts.answerMs);
      if (bytes === undefined) throw new SourceError("peer_gone", "The peer closed the connection without an answer.");
      const progress = collector.push(bytes);
      if (progress.at === "more") continue;
      if (progress.at === "too-large") throw new SourceError("protocol", "The peer's answer has too long a head.");
      connection.unread(progress.rest);
      const response = parseResponse(progress.head, method);
      if (!response.ok) throw new SourceError("protocol", `The peer's answer makes no sense (${response.problem}).`);
      if (response.value.status >= 200) return response.value;
      interim++;
    }
    throw new SourceError("protocol", "The peer never came to its answer.");
  }

  private async readDocument(
    connection: PeerConnection,
    response: HttpResponse,
    bytesMax: number,
  ): Promise<Uint8Array> {
    const { length } = response;
    const document = new BoundedDocument(bytesMax);
    const left = () => (typeof length === "number" ? length - document.length : Number.POSITIVE_INFINITY);
    if (typeof length === "number") document.expect(length);
    const chunked = length === "chunked" ? new ChunkedDecoder(bytesMax) : undefined;
    while (left() > 0) {
      const bytes = await connection.read(this.timeouts.bodyMs);
      if (bytes === undefined && length === "close") break;
      if (bytes === undefined)
        throw new SourceError("peer_gone", "The peer closed the connection in the middle of an answer.");
      if (chunked === undefined) {
        const mine = bytes.subarray(0, left());
        connection.unread(bytes.subarray(mine.length));
        document.take(mine);
        continue;
      }
      const step = chunked.push(bytes, (data) => document.take(data));
      if (step.at === "lost") throw new SourceError("protocol", `The peer's answer makes no sense (${step.problem}).`);
      if (step.at === "more") continue;
      connection.unread(step.rest);
      break;
    }
    return document.bytes;
  }

  /** Reads a refusal's body away, so that the connection can be used again. */
  private async discard(
    peer: HttpPeer,
    path: string,
    connection: PeerConnection,
    response: HttpResponse,
  ): Promise<void> {
    if (!response.keepAlive || typeof response.length !== "number" || response.length > REFUSAL_BYTES_MAX) {
      connection.destroy();
      return;
    }
    try {
      await this.readDocument(connection, response, REFUSAL_BYTES_MAX);
      // A queue gives up a place whose connection is closed, so it is kept until we ask again.
      const waitMs = Math.min(retryAfterMs(response.headers), QUEUED_MS_MAX);
      this.keep(peer, connection, path, waitMs === 0 ? undefined : waitMs + QUEUED_SLACK_MS);
    } catch {
      // The refusal itself is what counts; the connection is merely not kept.
      connection.destroy();
    }
  }

  private keep(peer: HttpPeer, connection: PeerConnection, path: string, idleMs = this.timeouts.idleMs): void {
    const entries = this.idle.get(peer.key) ?? [];
    if (this.closed || !connection.isUsable || this.idleCount >= IDLE_MAX || entries.length >= IDLE_PER_PEER_MAX) {
      connection.destroy();
      return;
    }
    const timer = setTimeout(() => {
      this.forget(peer.key, connection);
      connection.stopWatching();
      connection.destroy();
    }, idleMs);
    timer.unref();
    this.idle.set(peer.key, [...entries, { connection, path, timer }]);
    this.idleCount++;
    connection.watchIdle(() => {
      this.forget(peer.key, connection);
      connection.destroy();
    });
  }

  /**
   * The connection that served this path before, else any. Servers tie an upload to its connection: gtk-gnutella answers
   * 503 to a second one for the same file (docs/interop.md).
   */
  private takeIdle(key: string, path: string): PeerConnection | undefined {
    const entries = this.idle.get(key) ?? [];
    const [same, other] = [
      entries.filter((entry) => entry.path === path),
      entries.filter((entry) => entry.path !== path),
    ];
    for (const { connection } of [...same, ...other]) {
      this.forget(key, connection);
      connection.stopWatching();
      if (connection.isUsable) return connection;
      connection.destroy();
    }
    return undefined;
  }

  private forget(key: string, connection: PeerConnection): void {
    const entries = this.idle.get(key) ?? [];
    const entry = entries.find((each) => each.connection === connection);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    this.idleCount--;
    if (entries.length === 1) this.idle.delete(key);
    else
      this.idle.set(
        key,
        entries.filter((each) => each !== entry),
      );
  }

  private rememberQueue(place: string, response: HttpResponse): void {
    const id = response.status === 503 ? queueId(response.headers) : undefined;
    remember(this.queueIds, place, id);
  }

  private rememberThex(place: string, response: HttpResponse): void {
    const uri = response.headers.get("x-thex-uri")?.split(";")[0]?.trim();
    if (uri?.startsWith("/")) remember(this.thexUris, place, uri);
  }
}

/** Copies of parts of a document, up to its bound. */
class BoundedDocument {
  length = 0;
  private readonly bytesMax: number;
  private readonly parts: Uint8Array[] = [];

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytes(): Uint8Array {
    return concatBytes(this.parts);
  }

  expect(length: number): void {
    if (length > this.bytesMax)
      throw new SourceError("protocol", "The peer's answer is larger than it can rightly be.");
  }

  take(bytes: Uint8Array): void {
    this.length += bytes.length;
    this.expect(this.length);
    if (bytes.length > 0) this.parts.push(bytes.slice());
  }
}

/** Sets or clears an entry; the oldest goes first when the table is full. */
function remember(table: Map<string, string>, key: string, value: string | undefined): void {
  table.delete(key);
  if (value === undefined) return;
  for (const oldest of table.keys()) {
    if (table.size < QUEUE_IDS_MAX) break;
    table.delete(oldest);
  }
  table.set(key, value);
}

/** An end beyond what any file can have means that the size is not known yet. */
function rangeHeader(range: ByteRange): string {
  return range.end >= Number.MAX_SAFE_INTEGER ? `bytes=${range.start}-` : `bytes=${range.start}-${range.end - 1}`;
}
