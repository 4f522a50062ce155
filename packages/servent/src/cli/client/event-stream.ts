// Server-sent events (WHATWG HTML, section 9.2), as far as our API uses them: id, event, data and comments.
import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";
import { ServentError } from "../../base/servent-error.ts";
import type { DaemonEvent } from "./shapes.ts";

/** An event carries one transfer or hit, a few kilobytes. More without an end is no event stream. */
const BUFFERED_CHARACTERS_MAX = 4 * 1024 * 1024;

/** Yields each event; ends with the stream or with `signal`. */
export async function* readEvents(response: Readable, signal: AbortSignal): AsyncGenerator<DaemonEvent> {
  const decoder = new StringDecoder("utf8");
  let buffered = "";
  try {
    for await (const chunk of response) {
      buffered += decoder.write(chunk);
      const blocks = buffered.split(/\r?\n\r?\n/);
      buffered = blocks.pop() ?? "";
      if (buffered.length > BUFFERED_CHARACTERS_MAX) {
        throw new ServentError("too_large", "The event stream sent an event without an end.", "Is it a servent?");
      }
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event !== undefined) yield event;
      }
    }
  } catch (error) {
    if (!signal.aborted && !isCutOff(error)) throw error;
  } finally {
    response.destroy();
  }
}

/** One block of lines; undefined for a heartbeat. */
export function parseEvent(block: string): DaemonEvent | undefined {
  let id: number | null = null;
  let type = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id" && /^\d+$/.test(value)) id = Number(value);
    else if (field === "event") type = value;
    else if (field === "data") data.push(value);
  }
  if (data.length === 0) return undefined;
  const parsed: unknown = JSON.parse(data.join("\n"));
  if (typeof parsed !== "object" || parsed === null) return undefined;
  // The daemon sends whole events as data; a bare payload is accepted as well.
  const told: Partial<DaemonEvent> = parsed;
  if (typeof told.type === "string" && typeof told.at === "string" && typeof told.data === "object") {
    return { id: told.id ?? id, at: told.at, type: told.type, data: told.data };
  }
  return { id, at: new Date().toISOString(), type, data: { ...parsed } };
}

function isCutOff(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNRESET";
}
