// Reading what has no end: openings, sizes and offsets of the data port stop with the bytes, so a short silence ends them.
import { concatBytes, latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import {
  GREETING,
  lineOf,
  type Opening,
  readOpening,
  wordOf,
} from "@servent/overlay/protocols/napster/peer/opening.ts";
import { readSizeAnswer, SIZE_ANSWER_CHARS_MAX } from "@servent/overlay/protocols/napster/peer/size-answer.ts";
import { SourceError } from "../network.ts";
import type { PeerConnection } from "../peer-connection.ts";

/** A peer that is there greets in a round trip; one behind a full line may take a few seconds. */
const GREETING_MS = 10_000;
/** Whoever dials says at once what it wants. */
const OPENING_MS = 15_000;
/** An owner may look the file up on a slow disk first. */
const ANSWER_MS = 45_000;
/** Bytes of one line that went apart arrive within this. */
const QUIET_MS = 150;
const WRITE_MS = 15_000;
/** Characters of an offset: no file has more. */
const OFFSET_CHARS_MAX = 20;

/** Waits for the byte with which every data port greets. Rejects with a SourceError. */
export async function awaitGreeting(connection: PeerConnection): Promise<void> {
  const bytes = await connection.read(GREETING_MS);
  if (bytes === undefined) throw new SourceError("peer_gone", "The peer closed the connection without a word.");
  if (latin1Decode(bytes.subarray(0, 1)) !== GREETING) {
    throw new SourceError("protocol", "The peer does not greet as data ports do.");
  }
  connection.unread(bytes.slice(1));
}

/** Word and line apart, as everybody writes them. */
export async function writeOpening(connection: PeerConnection, opening: Opening, isMarked: boolean): Promise<void> {
  await connection.write(latin1Encode(wordOf(opening)), WRITE_MS);
  await connection.write(latin1Encode(lineOf(opening, isMarked)), WRITE_MS);
}

/** What the caller wants. Rejects with a SourceError where it makes no sense or comes too slowly. */
export async function readOpeningOf(connection: PeerConnection): Promise<Opening> {
  const reader = new TextReader(connection, OPENING_MS);
  for (;;) {
    const step = readOpening(reader.text);
    if (step.at === "nonsense") throw new SourceError("protocol", "The peer wants nothing that we know of.");
    if (step.at === "more") await reader.more();
    else if (!step.isOpen || !(await reader.moreSoon())) {
      reader.leave(step.used);
      return step.opening;
    }
  }
}

/** Reads the size behind GET; what follows in the connection is the file. Rejects with a SourceError. */
export async function readSize(connection: PeerConnection, total: number, offset: number): Promise<void> {
  const reader = new TextReader(connection, ANSWER_MS);
  for (;;) {
    const answer = readSizeAnswer(reader.text, total, offset, reader.isEnded);
    switch (answer.at) {
      case "size":
        return reader.leave(answer.used);
      case "more":
        await reader.tryMore();
        break;
      case "no":
        // Whoever agreed and then hangs up without a word has given the place to somebody else.
        if (reader.text === "")
          throw new SourceError("remote_busy", "The peer closed the connection without an answer.");
        throw refusal(answer.problem);
    }
    if (reader.text.length > SIZE_ANSWER_CHARS_MAX + total) throw refusal("invalid");
  }
}

/** The offset with which whoever asked for a push answers SEND. Rejects with a SourceError. */
export async function readOffset(connection: PeerConnection): Promise<number> {
  const reader = new TextReader(connection, ANSWER_MS);
  for (;;) {
    const digits = /^\d+/.exec(reader.text)?.[0] ?? "";
    if (reader.text !== "" && (digits === "" || digits.length > OFFSET_CHARS_MAX)) throw refusal("invalid");
    if (digits === "") await reader.more();
    else if (digits.length < reader.text.length || !(await reader.moreSoon())) return Number(digits);
  }
}

/** All that the peer sends up to `end`, at most so many bytes. Rejects with a SourceError. */
export async function readUntil(connection: PeerConnection, end: number, bytesMax: number): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const at = bytes.indexOf(end);
    if (at >= 0) {
      connection.unread(bytes.slice(at + 1));
      return bytes.subarray(0, at);
    }
    if (bytes.length > bytesMax) throw new SourceError("protocol", "The peer's answer is too long.");
    const more = await connection.read(ANSWER_MS);
    if (more === undefined)
      throw new SourceError("peer_gone", "The peer closed the connection in the middle of an answer.");
    bytes = concatBytes([bytes, more]);
  }
}

function refusal(problem: "other-size" | "not-shared" | "not-announced" | "invalid"): SourceError {
  switch (problem) {
    case "other-size":
      return new SourceError("not_found", "The peer has a file of another size under this name.");
    case "not-shared":
      return new SourceError("not_found", "The peer does not share this file any more.");
    case "not-announced":
      return new SourceError("refused", "The peer says that nobody announced us.");
    case "invalid":
      return new SourceError("protocol", "The peer's answer makes no sense.");
  }
}

/** Text that grows; what is not used up stays in the connection. */
class TextReader {
  text = "";
  isEnded = false;
  private readonly connection: PeerConnection;
  private readonly deadline: number;
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(connection: PeerConnection, waitMs: number) {
    this.connection = connection;
    this.deadline = performance.now() + waitMs;
  }

  /** Rejects with a SourceError where nothing comes any more. */
  async more(): Promise<void> {
    if (!(await this.tryMore())) throw new SourceError("peer_gone", "The peer closed the connection.");
  }

  /** False: the other side has ended. */
  async tryMore(): Promise<boolean> {
    const bytes = await this.connection.read(Math.max(1, this.deadline - performance.now()));
    this.isEnded = bytes === undefined;
    if (bytes !== undefined) this.take(bytes);
    return bytes !== undefined;
  }

  /** Whether something came within a short time. */
  async moreSoon(): Promise<boolean> {
    const bytes = await this.connection.readSoon(QUIET_MS);
    if (bytes === "quiet") return false;
    this.isEnded = bytes === undefined;
    if (bytes !== undefined) this.take(bytes);
    return bytes !== undefined;
  }

  /** So many characters were used up. */
  leave(used: number): void {
    this.connection.unread(this.bytes.subarray(used));
  }

  private take(bytes: Uint8Array): void {
    this.bytes = concatBytes([this.bytes, bytes]);
    this.text = latin1Decode(this.bytes);
  }
}
