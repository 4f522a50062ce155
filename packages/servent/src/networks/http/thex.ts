// THEX: the upper levels of a file's Tiger tree, breadth first, in a DIME message behind a few lines of XML.
import { concatBytes, equalBytes, utf8Encode } from "@servent/overlay/base/bytes.ts";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { type Decoded, decoded, malformed } from "@servent/overlay/base/decoded.ts";
import { TIGER_BYTES, TIGER_LEAF_BYTES, tigerRootOf } from "@servent/overlay/base/tiger.ts";
import type { HashTree } from "../network.ts";
import { decodeDime, encodeDime } from "./dime.ts";
import { decodeText } from "./http-head.ts";

/** Levels below the root that are ever sent: 2^14 nodes of 24 bytes for the largest files. */
const DEPTH_MAX = 14;
/** A whole answer: two times the nodes of the lowest level, and the XML. */
export const THEX_BYTES_MAX = 2 * 2 ** DEPTH_MAX * TIGER_BYTES + 8192;
const XML_BYTES_MAX = 4096;

const DIGEST = "http://open-content.net/spec/digest/tiger";
const SERIAL = "http://open-content.net/spec/thex/breadthfirst";
const URI_FORMAT = 2;
const MEDIA_FORMAT = 1;

/** Levels between the root and the leaves of 1024 bytes. */
function fullDepth(size: number): number {
  return Math.ceil(Math.log2(Math.max(1, Math.ceil(size / TIGER_LEAF_BYTES))));
}

/** Nodes of the level `depth` steps below the root. */
function nodesAt(size: number, depth: number): number {
  return Math.max(1, Math.ceil(size / blockSizeAt(size, depth)));
}

function blockSizeAt(size: number, depth: number): number {
  return TIGER_LEAF_BYTES * 2 ** (fullDepth(size) - depth);
}

/** The depth that is customary for a file: finer trees would cost more to send than the bytes they save. */
export function thexDepth(size: number): number {
  const MIB = 1024 * 1024;
  const steps = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 256, 1024, 4096, 65536];
  const found = steps.findIndex((limit) => size < limit * MIB);
  return Math.min(found < 0 ? steps.length : found, fullDepth(size));
}

/** The next level up. */
function parents(nodes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < nodes.length; at += 2 * TIGER_BYTES) {
    parts.push(tigerRootOf(nodes.subarray(at, at + 2 * TIGER_BYTES)));
  }
  return concatBytes(parts);
}

/**
 * The answer for a file of `size` bytes of which one level of the tree is known. Undefined where that level does not
 * belong to a file of this size.
 */
export function encodeThex(
  size: number,
  level: { readonly blockSize: number; readonly nodes: Uint8Array },
  uuid: string,
): Uint8Array | undefined {
  let nodes = level.nodes;
  let { blockSize } = level;
  if (nodes.length !== Math.max(1, Math.ceil(size / blockSize)) * TIGER_BYTES) return undefined;
  const smallest = blockSizeAt(size, thexDepth(size));
  for (; blockSize < smallest; blockSize *= 2) nodes = parents(nodes);
  const levels = [nodes];
  for (; nodes.length > TIGER_BYTES; ) {
    nodes = parents(nodes);
    levels.unshift(nodes);
  }
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\r\n' +
    '<!DOCTYPE hashtree SYSTEM "http://open-content.net/spec/thex/thex.dtd">\r\n' +
    `<hashtree><file size="${size}" segmentsize="${TIGER_LEAF_BYTES}"/>` +
    `<digest algorithm="${DIGEST}" outputsize="${TIGER_BYTES}"/>` +
    `<serializedtree depth="${levels.length - 1}" type="${SERIAL}" uri="uuid:${uuid}"/></hashtree>\r\n`;
  return encodeDime([
    { typeFormat: MEDIA_FORMAT, type: "text/xml", id: "", data: utf8Encode(xml) },
    { typeFormat: URI_FORMAT, type: SERIAL, id: `uuid:${uuid}`, data: concatBytes(levels) },
  ]);
}

/** A tree that agrees with itself, and the size of the file it is for. Whether it is the right one is for the caller. */
export function decodeThex(bytes: Uint8Array): Decoded<HashTree & { readonly size: number }> {
  if (bytes.length > THEX_BYTES_MAX) return malformed("THEX", "too large");
  const records = decodeDime(bytes);
  if (!records.ok) return records;
  const [description, tree] = records.value;
  if (description === undefined || tree === undefined) return malformed("THEX", "a record is missing");
  if (description.data.length > XML_BYTES_MAX) return malformed("THEX", "too long a description");
  const xml = decodeText(description.data);
  const size = attribute(xml, "file", "size");
  const segment = attribute(xml, "file", "segmentsize");
  const output = attribute(xml, "digest", "outputsize");
  const depth = attribute(xml, "serializedtree", "depth");
  if (size === undefined || depth === undefined) return malformed("THEX", "an incomplete description");
  if (segment !== TIGER_LEAF_BYTES || output !== TIGER_BYTES) return malformed("THEX", "not a Tiger tree");
  if (depth > DEPTH_MAX || depth > fullDepth(size)) return malformed("THEX", "deeper than the file allows");
  return checkTree(size, depth, tree.data);
}

function checkTree(size: number, depth: number, data: Uint8Array): Decoded<HashTree & { readonly size: number }> {
  let at = 0;
  for (let level = 0; level < depth; level++) at += nodesAt(size, level) * TIGER_BYTES;
  const nodes = data.slice(at, at + nodesAt(size, depth) * TIGER_BYTES);
  if (nodes.length !== nodesAt(size, depth) * TIGER_BYTES) return malformed("THEX", "nodes are missing");
  const root = data.subarray(0, TIGER_BYTES);
  if (!equalBytes(tigerRootOf(nodes), root)) return malformed("THEX", "the nodes do not lead to the root");
  return decoded({ root: base32Encode(root), blockSize: blockSizeAt(size, depth), nodes, size });
}

function attribute(xml: string, element: string, name: string): number | undefined {
  const match = new RegExp(`<${element}\\s[^>]{0,400}?\\b${name}\\s*=\\s*["']([0-9]{1,15})["']`, "i").exec(xml);
  return match === null ? undefined : Number(match[1]);
}
