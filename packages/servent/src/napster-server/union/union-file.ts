// The file that says how an index server reaches the others of its union: it holds the union's key, so it is no option of a command
// line. One thing a line, `#` before a remark. With our own links:
//
//     key 4VkQ…            the same for all servers, 16 bytes or more; `openssl rand -base64 32` makes one
//     listen 10.0.0.5:8890 where other servers come in
//     advertise …          where they reach us, where that is another address
//     server 10.0.0.6:8890 a server to link with; one that is up is enough, a line for each
//     plain                no TLS, for lines that nobody else can reach; then for all servers
//
// Or on a bus: NATS servers of one cluster, a line for each, and which union of those on the bus.
//
//     nats nats://user:password@10.0.0.9:4222
//     union harbour
import { ServentError } from "../../base/servent-error.ts";
import { readSecretFile } from "../secret-file.ts";
import type { MeshUnionOptions } from "./mesh-union.ts";
import type { NatsUnionOptions } from "./nats-union.ts";

export type UnionPlan =
  | { readonly by: "links"; readonly options: Omit<MeshUnionOptions, "name"> }
  | { readonly by: "nats"; readonly options: Omit<NatsUnionOptions, "name"> };

const HINT = "It has lines `key`, `listen` and `server`, or `nats` and `union`.";
const ONCE = ["key", "listen", "advertise", "union"];
const LISTS = ["server", "nats"];

/**
 * Throws ServentError `invalid_value`, which names the line.
 * @param tell Hears where others can read the file.
 */
export function readUnionFile(file: string, tell: (warning: string) => void): UnionPlan {
  return parseUnionFile(readSecretFile(file, "It says how other servers are reached.", tell), file);
}

/** @param file Its name, for people. */
export function parseUnionFile(text: string, file: string): UnionPlan {
  const values = new Map<string, string[]>();
  const lines = new Map<string, number>();
  text.split(/\r?\n/).forEach((line, index) => {
    const [word = "", value = "", ...more] = line.trim().split(/\s+/);
    if (word === "" || word.startsWith("#")) return;
    const known = values.get(word) ?? [];
    const isFlag = word === "plain" && value === "";
    const isOne = ONCE.includes(word) && known.length === 0;
    // A value is never repeated here: it may be the key.
    if ((!isFlag && value === "") || more.length > 0 || (!isFlag && !isOne && !LISTS.includes(word))) {
      throw new ServentError("invalid_value", `${file}: line ${index + 1} is not understood.`, HINT);
    }
    values.set(word, [...known, value]);
    lines.set(word, index + 1);
  });
  const stray = values.has("nats") ? [...lines].find(([word]) => word !== "nats" && word !== "union") : undefined;
  if (stray !== undefined) {
    const [word, line] = stray;
    throw new ServentError("invalid_value", `${file}: line ${line}: there is no \`${word}\` beside \`nats\`.`, HINT);
  }
  const plan = planOf(values);
  if (plan === undefined) throw new ServentError("invalid_value", `${file} describes no union.`, HINT);
  return plan;
}

function planOf(values: ReadonlyMap<string, readonly string[]>): UnionPlan | undefined {
  const one = (word: string): string | undefined => values.get(word)?.[0];
  const [key, listen, advertise, union] = ONCE.map(one);
  const urls = values.get("nats");
  if (urls !== undefined) {
    return union === undefined ? undefined : { by: "nats", options: { union, urls } };
  }
  if (key === undefined || listen === undefined || union !== undefined) return undefined;
  const servers = values.get("server") ?? [];
  const options = { key, listen, servers, isPlain: values.has("plain") };
  return { by: "links", options: advertise === undefined ? options : { ...options, advertise } };
}
