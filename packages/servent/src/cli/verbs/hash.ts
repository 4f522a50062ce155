// `files hash`: the identities of a file, computed here. It needs no daemon and tells nobody.
import { sha1Urn, tigerUrn } from "@servent/overlay/base/urn.ts";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { fieldLines } from "../terminal/table.ts";
import { cutEnd, visible } from "../terminal/text.ts";
import { formatBytes, formatCount, formatPart, formatPercent } from "../terminal/units.ts";

/** Nodes of this level are dropped anyway: only the root is shown, so few and large blocks save memory. */
const TREE_BLOCK_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;

interface Identity {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly urns: readonly string[];
  readonly magnet: string;
}

export async function hash(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const identities: Identity[] = [];
  for (const [i, name] of input.operands.entries()) {
    const identity = await identityOf(context, path.resolve(context.shell.cwd, name));
    identities.push(identity);
    if (!screen.isJson) screen.lines([...(i > 0 && !screen.isPlain ? [""] : []), ...linesOf(context, identity)]);
  }
  if (screen.isJson) screen.json({ schema: "servent.identities/1", items: identities });
  return EXIT.done;
}

async function identityOf({ screen }: Context, file: string): Promise<Identity> {
  const sha1 = createHash("sha1");
  const tree = new TigerTreeHasher(TREE_BLOCK_BYTES);
  const name = path.basename(file);
  let done = 0;
  try {
    const about = await stat(file);
    if (!about.isFile()) throw new ServentError("invalid_value", `${file} is not a file.`, "Name a regular file.");
    screen.startProgressClock();
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
      if (!Buffer.isBuffer(chunk)) continue;
      sha1.update(chunk);
      tree.update(chunk);
      done += chunk.length;
      const far = `${formatPercent(done, about.size)}  ${formatPart(done, about.size)}`;
      screen.progress([cutEnd(`${visible(name)}  ${far}`, screen.progressWidth)]);
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause) || cause instanceof ServentError) throw cause;
    throw cause.code === "ENOENT"
      ? new ServentError("not_found", `There is no file ${file}.`, "Check its name.", { cause })
      : new ServentError("permission", `${file} cannot be read (${String(cause.code)}).`, "Check who may read it.", {
          cause,
        });
  }
  screen.clearProgress();
  const sha1Hash = sha1.digest();
  const { root } = tree.finish();
  const bitprint = `urn:bitprint:${base32Encode(sha1Hash)}.${base32Encode(root)}`;
  return {
    path: file,
    name,
    size: done,
    urns: [sha1Urn(sha1Hash), tigerUrn(root), bitprint],
    magnet: `magnet:?xt=${bitprint}&xl=${done}&dn=${encodeURIComponent(name)}`,
  };
}

function linesOf({ screen }: Context, identity: Identity): readonly string[] {
  return fieldLines(
    [
      ["name", identity.name, "bold"],
      ["size", `${formatBytes(identity.size)} (${formatCount(identity.size)} bytes)`],
      ...identity.urns.map((urn, i): readonly [string, string] => [i === 0 ? "urns" : "", urn]),
      ["magnet", identity.magnet],
    ],
    screen.layout,
  );
}
