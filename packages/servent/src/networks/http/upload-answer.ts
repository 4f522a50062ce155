// The heads and small documents that the upload server answers with.
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import type { SharedFile } from "../../library/library.ts";
import type { ByteRange } from "../network.ts";
import type { HttpRequest } from "./http-request.ts";

/** An answer that is small enough to be written at once. */
export interface SmallAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Rows of the page that a browser is shown: more would make a page of megabytes. */
export const BROWSE_ROWS_MAX = 1000;

export function encodeHead(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>>,
  keepAlive: boolean,
): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  return `${text}Connection: ${keepAlive ? "Keep-Alive" : "close"}\r\n\r\n`;
}

/** Headers of a reply that carries the file, or part of it. The first reply on a connection also says what we can do. */
export function fileHeaders(
  file: SharedFile,
  part: ByteRange | undefined,
  isFirst: boolean,
): Readonly<Record<string, string>> {
  const { start, end } = part ?? { start: 0, end: file.size };
  const sha1 = file.sha1 === undefined ? undefined : sha1Urn(file.sha1);
  const root = file.tigerRoot === undefined ? undefined : base32Encode(file.tigerRoot);
  return {
    "Content-Type": "application/binary",
    "Content-Length": String(end - start),
    ...(part === undefined ? {} : { "Content-Range": `bytes ${start}-${end - 1}/${file.size}` }),
    "Accept-Ranges": "bytes",
    ...(sha1 === undefined ? {} : { "X-Gnutella-Content-URN": sha1 }),
    ...(sha1 === undefined || root === undefined ? {} : { "X-Thex-URI": `/uri-res/N2X?${sha1};${root}` }),
    ...(isFirst ? { "X-Features": "browse/1.0" } : {}),
  };
}

/** May the peer be sent this media type? No Accept header means yes. */
export function accepts(request: HttpRequest, type: "text/html" | "application/dime"): boolean {
  const header = request.headers.get("accept");
  if (header === undefined) return true;
  const group = `${type.split("/")[0]}/*`;
  return header.split(",").some((item) => {
    const wanted = (item.split(";")[0] ?? "").trim().toLowerCase();
    return wanted === type || wanted === group || wanted === "*/*";
  });
}

/** What we share, as a page for a browser. */
export function browsePage(files: readonly SharedFile[], total: number): Uint8Array {
  const rows = files.slice(0, BROWSE_ROWS_MAX).map((file) => {
    const href =
      file.sha1 === undefined
        ? `/get/${file.index}/${encodeURIComponent(file.name)}`
        : `/uri-res/N2R?${sha1Urn(file.sha1)}`;
    return `<tr><td><a href="${href}">${escapeHtml(file.virtualPath)}</a></td><td>${file.size}</td></tr>`;
  });
  const note = total > rows.length ? `<p>The first ${rows.length} of ${total} files.</p>` : "";
  const page =
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Shared files</title></head><body>' +
    `<h1>Shared files</h1>${note}<table><tr><th>Name</th><th>Bytes</th></tr>${rows.join("")}</table></body></html>\n`;
  return Buffer.from(page, "utf8");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
