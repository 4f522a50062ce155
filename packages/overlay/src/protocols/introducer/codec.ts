// Messages as JSON documents: over HTTP the body of a request or an answer, over a plain stream one line each. Fields that are
// not known are passed over, so that a later version may add some; those that are known must be right.
import { utf8Decode, utf8Encode } from "../../base/bytes.ts";
import { type Decoded, decoded, malformed } from "../../base/decoded.ts";
import { formatEndpoint, parseEndpoint } from "../../base/ipv4.ts";
import type { Framed, LinkCodec, StreamCodec } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import { type Answer, type IntroducedPeer, type Message, REASONS, type Request } from "./messages.ts";

/** Fields of a JSON object. */
type Fields = Readonly<Record<string, unknown>>;

const LINE_END = 0x0a;
const PORT_MAX = 0xffff;
/** No wait that anybody means is longer than a week. */
const SECONDS_MAX = 7 * 86_400;
const NETWORK = /^[a-z0-9]+(?:[/-][a-z0-9]+)*$/;

export function isNetworkName(text: unknown): text is string {
  return typeof text === "string" && text.length <= LIMITS.networkCharsMax && NETWORK.test(text);
}

/** The document as text, without a line end. */
export function encodeDocument(message: Message): string {
  if (message.kind !== "peers") return JSON.stringify(message);
  const peers = message.peers.map((peer) => ({ ...peer, address: formatEndpoint(peer.address) }));
  return JSON.stringify({ ...message, peers });
}

/** A request; `kind` where it is not in the document because the URL says it. */
export function decodeRequest(bytes: Uint8Array, kind?: Request["kind"]): Decoded<Request> {
  const fields = decodeFields(bytes, LIMITS.requestBytesMax);
  return fields.ok ? requestOf(kind === undefined ? fields.value : { ...fields.value, kind }) : fields;
}

export function decodeAnswer(bytes: Uint8Array): Decoded<Answer> {
  const fields = decodeFields(bytes, LIMITS.answerBytesMax);
  return fields.ok ? answerOf(fields.value) : fields;
}

/** Each line is a document. */
export const introducerCodec: StreamCodec<Message> = {
  messageBytesMax: LIMITS.answerBytesMax + 1,
  size: (message) => encodeDocument(message).length + 1,
  link: () => LINE_CODEC,
};

/** Nothing changes from one message to the next, so all links share it. */
const LINE_CODEC: LinkCodec<Message> = {
  deflates: false,
  inflates: false,
  encode: (message) => utf8Encode(`${encodeDocument(message)}\n`),
  decode: decodeLine,
};

function decodeLine(bytes: Uint8Array): Framed<Message> {
  const end = bytes.indexOf(LINE_END);
  if (end < 0) {
    return bytes.length > LIMITS.answerBytesMax ? { at: "lost", problem: "a line without an end" } : { at: "more" };
  }
  const fields = decodeFields(bytes.subarray(0, end), LIMITS.answerBytesMax);
  const message = fields.ok ? messageOf(fields.value) : fields;
  if (!message.ok) return { at: "bad-message", problem: message.problem, used: end + 1 };
  return { at: "message", message: message.value, used: end + 1 };
}

function decodeFields(bytes: Uint8Array, bytesMax: number): Decoded<Fields> {
  if (bytes.length > bytesMax) return malformed("document", `more than ${bytesMax} bytes`);
  const text = utf8Decode(bytes);
  if (text === undefined) return malformed("document", "no UTF-8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return malformed("document", "no object");
    return decoded(value as Fields);
  } catch {
    return malformed("document", "no JSON");
  }
}

function messageOf(fields: Fields): Decoded<Message> {
  const isRequest = fields.kind === "join" || fields.kind === "leave" || fields.kind === "ask";
  return isRequest ? requestOf(fields) : answerOf(fields);
}

function requestOf(fields: Fields): Decoded<Request> {
  const { kind, network, networks, port } = fields;
  switch (kind) {
    case "join":
      if (!isNetworkName(network)) return malformed(kind, "no name of a network");
      if (!isWhole(port, 1, PORT_MAX)) return malformed(kind, "no port");
      if (!isWhole(fields.load, 0, 100)) return malformed(kind, "no load in percent");
      return decoded({ kind, network, port, load: fields.load });
    case "leave":
      if (!isNetworkName(network)) return malformed(kind, "no name of a network");
      if (!isWhole(port, 1, PORT_MAX)) return malformed(kind, "no port");
      return decoded({ kind, network, port });
    case "ask":
      if (!isNames(networks)) return malformed(kind, "no names of networks");
      if (!isWhole(fields.count, 1, LIMITS.peersPerAnswerMax)) return malformed(kind, "no count");
      if (!isWhole(port, 0, PORT_MAX)) return malformed(kind, "no port");
      return decoded({ kind, networks: [...networks], count: fields.count, port });
    default:
      return malformed("request", "of no known kind");
  }
}

function answerOf(fields: Fields): Decoded<Answer> {
  const { kind, reachable, againSeconds, reason } = fields;
  if (kind === "left") return decoded({ kind });
  if (!isWhole(againSeconds, 0, SECONDS_MAX)) return malformed("answer", "no time to come again");
  switch (kind) {
    case "joined":
      if (reachable !== "yes" && reachable !== "no" && reachable !== "unknown") {
        return malformed(kind, "neither reachable nor not");
      }
      return decoded({ kind, reachable, againSeconds });
    case "peers": {
      if (!Array.isArray(fields.peers) || fields.peers.length > LIMITS.peersPerAnswerMax) {
        return malformed(kind, "no list, or too long a list");
      }
      const peers = fields.peers.map(peerOf);
      const isWholeList = (list: typeof peers): list is IntroducedPeer[] => !list.includes(undefined);
      return isWholeList(peers) ? decoded({ kind, peers, againSeconds }) : malformed(kind, "a peer that is none");
    }
    case "refused": {
      const known = REASONS.find((each) => each === reason);
      return known === undefined ? malformed(kind, "for no reason") : decoded({ kind, reason: known, againSeconds });
    }
    default:
      return malformed("answer", "of no known kind");
  }
}

function peerOf(value: unknown): IntroducedPeer | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { network, address: text, ageSeconds, load } = value as Fields;
  const address = typeof text === "string" ? parseEndpoint(text) : undefined;
  if (!isNetworkName(network) || address === undefined) return undefined;
  if (!isWhole(ageSeconds, 0, SECONDS_MAX) || !isWhole(load, 0, 100)) return undefined;
  return { network, address, ageSeconds, load };
}

function isNames(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= LIMITS.networksPerAskMax &&
    value.every((name) => isNetworkName(name))
  );
}

/** A whole number in this range, and not -0, which JSON can say and a codec would lose. */
function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most && !Object.is(value, -0);
}
