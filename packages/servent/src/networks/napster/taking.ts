// Fetching from one owner: ask through the server, connect or be called, and read from the offset on. Every host that is reached
// is measured on the way, so that the better one is asked first.
import { latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import { formatEndpoint, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { HostChoice } from "@servent/overlay/protocols/napster/host-choice.ts";
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import type { NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import type { WantAnswer, WantKind } from "@servent/overlay/protocols/napster/wants.ts";
import { endpointOf } from "../../runtime/address.ts";
import { FileBody } from "../file-body.ts";
import { decodeThex, THEX_BYTES_MAX } from "../http/thex.ts";
import { type ByteRange, type HashTree, type Source, SourceError, type SourceStream } from "../network.ts";
import { PeerConnection } from "../peer-connection.ts";
import type { PushWaits } from "../push-waits.ts";
import { Beginnings } from "./beginnings.ts";
import { locatorOf, type NapsterLocator } from "./hit-sources.ts";
import { awaitGreeting, readSize, readUntil, writeOpening } from "./talk.ts";

/** An owner came; the connection waits for the offset. */
export interface Brought {
  readonly connection: PeerConnection;
  /** Of the whole file, as the owner says. */
  readonly size: number;
}

/** Under which who waits for a file to be brought and the owner who says SEND find together. */
export function bringKey(nick: string, path: string): string {
  return `${foldNick(nick)}\n${path}`;
}

export interface TakingOptions {
  readonly node: () => NapsterNode;
  readonly choice: HostChoice<string>;
  /** By `bringKey`. */
  readonly waits: PushWaits<Brought>;
  readonly localAddress: string | undefined;
  readonly mayDial: (address: Address) => boolean;
}

/** A host that is there answers within a second; a lost packet is sent again after one and three. */
const DIAL_MS = 8000;
/** How long an owner who was asked to bring a file may take. */
const PUSH_MS = 30_000;
const BODY_MS = 60_000;
const WRITE_MS = 10_000;
const LF = 10;
/** A place may come free in a minute or so; old clients asked every half. */
const FULL_RETRY_MS = 45_000;
/** A file counts as being fetched for so long after its last range: servers hear of files, not of ranges. */
const LINGER_MS = 5000;

export class Taking {
  private readonly options: TakingOptions;
  private readonly beginnings = new Beginnings();
  private readonly answers = new Map<number, (answer: WantAnswer) => void>();
  /** Files at work, by source, and when each counts as over. */
  private readonly atWork = new Map<string, { ranges: number; timer: NodeJS.Timeout | undefined }>();

  constructor(options: TakingOptions) {
    this.options = options;
  }

  onAnswer(token: number, answer: WantAnswer): void {
    this.answers.get(token)?.(answer);
  }

  /** Rejects with a SourceError. */
  async open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const locator = locatorOf(source);
    const host = foldNick(locator.nick);
    try {
      const offset = this.beginnings.offsetFor(source, range.start);
      const connection = await this.connect(source, locator, offset, signal);
      await guard(connection, signal, () => this.beginnings.settle(connection, source, offset, range.start));
      return this.stream(connection, source, range, host, signal);
    } catch (error) {
      if (error instanceof SourceError && isHostsFault(error) && !signal.aborted) {
        this.options.choice.onFailure(host, Math.floor(performance.now()));
      }
      throw error;
    }
  }

  /** The hash tree, where the owner is one of us and can be reached; else undefined. Rejects with a SourceError. */
  async hashTree(source: Source, signal: AbortSignal): Promise<HashTree | undefined> {
    const urn = source.urns.find((each) => each.startsWith("urn:sha1:"));
    // Only our own kind names a URN, and only our own kind knows what GETTREE means.
    if (urn === undefined) return undefined;
    const locator = locatorOf(source);
    const { address } = await this.ask("download", locator, signal);
    if (portOf(address) === 0) return undefined;
    const connection = await this.dial(address, foldNick(locator.nick), signal);
    return guard(connection, signal, async () => {
      await writeOpening(connection, { kind: "get-tree", urn }, true);
      const digits = latin1Decode(await readUntil(connection, LF, LENGTH_CHARS_MAX));
      const length = /^\d{1,9}$/.test(digits) ? Number(digits) : -1;
      if (length < 0 || length > THEX_BYTES_MAX) throw new SourceError("protocol", "The peer's answer makes no sense.");
      if (length === 0) return undefined;
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const chunk = await connection.read(BODY_MS);
        if (chunk === undefined) throw new SourceError("peer_gone", "The peer stopped in the middle of its hash tree.");
        bytes.set(chunk.subarray(0, length - at), at);
        at += chunk.length;
      }
      const tree = decodeThex(bytes);
      if (!tree.ok) throw new SourceError("protocol", `The peer's hash tree makes no sense (${tree.problem}).`);
      return tree.value;
    }).finally(() => connection.destroy());
  }

  close(): void {
    for (const { timer } of this.atWork.values()) clearTimeout(timer);
    this.atWork.clear();
    for (const answer of this.answers.values()) answer({ kind: "lost" });
  }

  /** A connection in which the next byte is that of the file at `offset`. */
  private async connect(
    source: Source,
    locator: NapsterLocator,
    offset: number,
    signal: AbortSignal,
  ): Promise<PeerConnection> {
    const { nick, address } = await this.ask("download", locator, signal);
    if (portOf(address) === 0) return this.bePushed(source, locator, offset, signal);
    const connection = await this.dial(address, foldNick(locator.nick), signal).catch((error: unknown) => {
      if (!signal.aborted) this.options.node().tellUnreachable(locator.nick, locator.server);
      throw error;
    });
    return guard(connection, signal, async () => {
      await writeOpening(connection, { kind: "get", nick, path: locator.path, offset }, source.urns.length > 0);
      await readSize(connection, source.size, offset);
      return connection;
    });
  }

  /** Nobody can dial the owner, so he is asked to come. */
  private async bePushed(
    source: Source,
    locator: NapsterLocator,
    offset: number,
    signal: AbortSignal,
  ): Promise<PeerConnection> {
    const { waits, node } = this.options;
    if (node().isFirewalled) throw bothFirewalled();
    const refused = new AbortController();
    const either = AbortSignal.any([signal, refused.signal]);
    const coming = waits.expect(bringKey(locator.nick, locator.path), PUSH_MS, either);
    // No news is good news here: the server says nothing where the owner is on his way.
    let refusal: SourceError | undefined = undefined;
    this.ask("push", locator, either).catch((error: unknown) => {
      if (!(error instanceof SourceError) || error.problem === "timeout") return;
      refusal = error;
      refused.abort();
    });
    let brought: Brought;
    try {
      brought = await coming;
    } catch (error) {
      throw signal.aborted ? error : (refusal ?? error);
    } finally {
      refused.abort();
    }
    const { connection, size } = brought;
    return guard(connection, signal, async () => {
      if (size !== source.size) throw new SourceError("not_found", "The peer brought a file of another size.");
      await connection.write(latin1Encode(String(offset)), WRITE_MS);
      return connection;
    });
  }

  /**
   * Asks through the server that named the owner, and where he is not there any more through the others: he may have gone over to
   * one of them. Rejects with a SourceError where the answer is no.
   */
  private async ask(kind: WantKind, locator: NapsterLocator, signal: AbortSignal): Promise<Accepted> {
    let gone: unknown = new SourceError("peer_gone", "No index server is there to ask through.");
    for (const server of this.options.node().serversFrom(locator.server)) {
      try {
        return await this.askAt(server, kind, locator, signal);
      } catch (error) {
        if (!(error instanceof SourceError) || error.problem !== "not_found") throw error;
        gone = error;
      }
    }
    throw gone;
  }

  private askAt(
    server: Address,
    kind: WantKind,
    { nick, path }: NapsterLocator,
    signal: AbortSignal,
  ): Promise<Accepted> {
    const node = this.options.node();
    return new Promise((resolve, reject) => {
      const token = signal.aborted ? undefined : node.want(kind, nick, path, server);
      if (token === undefined) {
        reject(signal.aborted ? given() : new SourceError("peer_gone", "Too much is asked for already."));
        return;
      }
      const leave = (): void => {
        this.answers.delete(token);
        signal.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        leave();
        node.forgetWant(token);
        reject(given());
      };
      this.answers.set(token, (answer) => {
        leave();
        if (answer.kind === "accepted") resolve(answer);
        else reject(problemOf(answer));
      });
      signal.addEventListener("abort", abort);
    });
  }

  private async dial(address: Address, host: string, signal: AbortSignal): Promise<PeerConnection> {
    const { choice, localAddress, mayDial } = this.options;
    if (!mayDial(address)) {
      const where = formatEndpoint(address);
      throw new SourceError("refused", `The rules of this servent do not let it dial ${where}.`);
    }
    const started = performance.now();
    const connection = await PeerConnection.dial(endpointOf(address), { localAddress, timeoutMs: DIAL_MS }, signal);
    return guard(connection, signal, async () => {
      await awaitGreeting(connection);
      choice.onPing(host, Math.round(performance.now() - started));
      return connection;
    });
  }

  private stream(
    connection: PeerConnection,
    source: Source,
    asked: ByteRange,
    host: string,
    signal: AbortSignal,
  ): SourceStream {
    const range = { start: asked.start, end: Math.min(asked.end, source.size) };
    const started = performance.now();
    this.begin(source.key);
    const body = new FileBody(connection, range, BODY_MS, signal, (isWhole) => {
      connection.destroy();
      this.rest(source.key);
      // What broke off early says nothing about the rate.
      if (isWhole) this.options.choice.onBytes(host, range.end - range.start, performance.now() - started);
    });
    return { range, total: source.size, body };
  }

  private begin(key: string): void {
    const work = this.atWork.get(key) ?? { ranges: 0, timer: undefined };
    if (!this.atWork.has(key)) this.options.node().tellTransfer("down", "begun");
    clearTimeout(work.timer);
    work.ranges++;
    this.atWork.set(key, work);
  }

  private rest(key: string): void {
    const work = this.atWork.get(key);
    if (work === undefined || --work.ranges > 0) return;
    work.timer = setTimeout(() => {
      this.atWork.delete(key);
      this.options.node().tellTransfer("down", "ended");
    }, LINGER_MS);
    work.timer.unref();
  }
}

type Accepted = Extract<WantAnswer, { kind: "accepted" }>;

const LENGTH_CHARS_MAX = 10;

/** What goes wrong, or is given up, ends the connection. */
async function guard<T>(connection: PeerConnection, signal: AbortSignal, use: () => Promise<T>): Promise<T> {
  const abort = () => connection.destroy();
  signal.addEventListener("abort", abort);
  try {
    if (signal.aborted) throw given();
    return await use();
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function given(): SourceError {
  return new SourceError("peer_gone", "The request was given up.");
}

function bothFirewalled(): SourceError {
  return new SourceError(
    "both_firewalled",
    "Neither this peer nor we can be reached from outside, so nobody can open the connection.",
  );
}

function problemOf(answer: Exclude<WantAnswer, { kind: "accepted" }>): SourceError {
  switch (answer.kind) {
    case "unavailable":
      return new SourceError(
        "not_found",
        "The server says that the peer is gone, or does not share this file any more.",
      );
    case "full":
      return new SourceError("remote_busy", "All upload places of the peer are taken.", {
        retryAfterMs: FULL_RETRY_MS,
      });
    case "refused":
      return new SourceError("refused", `The peer or its server said no: ${answer.text}.`);
    case "both-firewalled":
      return bothFirewalled();
    case "lost":
      return new SourceError("timeout", "The peer did not answer through the server.");
  }
}

function isHostsFault({ problem }: SourceError): boolean {
  return problem === "peer_gone" || problem === "timeout" || problem === "protocol";
}
