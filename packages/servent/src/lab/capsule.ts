// A run in one line, to send to somebody: `servent:run/1?scenario=…&seed=…&build=…&hash=…`. A small scenario is inside, packed;
// of a big one only its hash, and who has the file can run it again.
import { isObject } from "@servent/lab/scenario/description.ts";
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ServentError } from "../base/servent-error.ts";
import { canonicalJson } from "./exact-json.ts";
import type { Document } from "./job.ts";
import type { Result } from "./run-result.ts";

const PREFIX = "servent:run/1?";

/** A capsule should fit into a message; a scenario that makes it longer stays outside. */
const INSIDE_CHARACTERS_MAX = 1500;
/** No capsule of ours is longer, and none unpacks to more. */
const CAPSULE_CHARACTERS_MAX = 10_000;
const DOCUMENT_BYTES_MAX = 1e6;

export interface Capsule {
  /** Absent where only its hash is known. */
  readonly document: Document | undefined;
  readonly documentHash: string;
  readonly build: string;
  readonly digest: string;
}

export function isCapsule(text: string): boolean {
  return text.startsWith("servent:");
}

export function capsuleOf({ document, files, scenario, build, judgement }: Capsuled): string {
  const core = coreOf(document);
  const packed = deflateRawSync(JSON.stringify(core), { level: 9 }).toString("base64url");
  const isInside = packed.length <= INSIDE_CHARACTERS_MAX && Object.keys(files).length === 0;
  const query = new URLSearchParams({
    scenario: isInside ? packed : `sha256:${documentHash(document, files)}`,
    seed: scenario.seeds[0] ?? "",
    build,
    hash: judgement.digest,
  });
  return PREFIX + query.toString();
}

type Capsuled = Pick<Result, "document" | "files" | "build"> & {
  readonly scenario: Pick<Result["scenario"], "seeds">;
  readonly judgement: Pick<Result["judgement"], "digest">;
};

/** Throws ServentError `invalid_value` for what is no capsule. */
export function readCapsule(text: string): Capsule {
  if (!text.startsWith(PREFIX) || text.length > CAPSULE_CHARACTERS_MAX) throw broken("it does not begin like one");
  const query = new URLSearchParams(text.slice(PREFIX.length));
  const [scenario, build, digest] = ["scenario", "build", "hash"].map((name) => query.get(name) ?? "");
  if (!scenario || !build || !digest) throw broken("a part is missing");
  if (scenario.startsWith("sha256:")) {
    return { document: undefined, documentHash: scenario.slice("sha256:".length), build, digest };
  }
  const document = unpacked(scenario);
  return { document, documentHash: documentHash(document, {}), build, digest };
}

function unpacked(packed: string): Document {
  let value: unknown;
  try {
    const bytes = inflateRawSync(Buffer.from(packed, "base64url"), { maxOutputLength: DOCUMENT_BYTES_MAX });
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw broken("its scenario cannot be unpacked", cause);
  }
  if (!isObject(value)) throw broken("its scenario is none");
  return value;
}

function broken(why: string, cause?: unknown): ServentError {
  return new ServentError("invalid_value", `This is no capsule of a run: ${why}.`, "Copy all of it.", { cause });
}

/** The same for every file that runs the same, whatever it expects and says. */
export function documentHash(document: Document, files: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(canonicalJson({ document: coreOf(document), files }))
    .digest("hex");
}

/** What judges and shows a run is left out: only what is run counts. */
function coreOf(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !BESIDE_THE_RUN.has(key)));
}

const BESIDE_THE_RUN: ReadonlySet<string> = new Set(["$schema", "source", "text", "published", "plots", "expect"]);
