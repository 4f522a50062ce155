// A file of JSON with comments that people write: its value, and where in the text each part of it stands.
import {
  findNodeAtLocation,
  getNodeValue,
  type Node as JsonNode,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { ServentError } from "../base/servent-error.ts";

type Path = readonly (string | number)[];

/** Parts within parts. A scenario has six levels; the parser calls itself at each, and the stack has an end. */
const DEPTH_MAX = 64;

export class JsoncFile {
  /** As messages name it. */
  readonly name: string;
  readonly text: string;
  readonly value: unknown;
  private readonly root: JsonNode;

  /** Throws ServentError `invalid_value` with line and column where the text is no JSON, or says something twice. */
  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    const tooDeep = depthExceededAt(text);
    if (tooDeep !== undefined) throw this.wrong(tooDeep, `more than ${DEPTH_MAX} levels.`, "It is no such file.");
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { allowTrailingComma: true });
    const first = errors[0];
    if (first !== undefined || root === undefined) {
      const words = first === undefined || root === undefined ? "there is nothing in it" : wordsOf(first);
      throw this.wrong(first?.offset ?? 0, `${words}.`, "The file is JSON; comments and trailing commas are allowed.");
    }
    this.root = root;
    this.refuseDoubles(root);
    this.value = getNodeValue(root);
  }

  /** Where the part stands: `mine.jsonc:12:5`. A part that is not there has the place of what would hold it. */
  place(path: Path, isKey: boolean): string {
    for (let length = path.length; length >= 0; length--) {
      const node = findNodeAtLocation(this.root, path.slice(0, length));
      if (node === undefined) continue;
      const key = isKey && length === path.length ? node.parent?.children?.[0] : undefined;
      return this.placeOf((key ?? node).offset);
    }
    return this.placeOf(this.root.offset);
  }

  /** Whether the part is there. */
  has(path: Path): boolean {
    return findNodeAtLocation(this.root, [...path]) !== undefined;
  }

  private refuseDoubles(node: JsonNode): void {
    const known = new Set<unknown>();
    for (const child of node.children ?? []) {
      const key = node.type === "object" ? child.children?.[0] : undefined;
      if (key !== undefined && known.has(key.value)) {
        throw this.wrong(key.offset, `"${String(key.value)}" is there twice.`, "Take one of them out.");
      }
      known.add(key?.value);
      this.refuseDoubles(key === undefined ? child : (child.children?.[1] ?? key));
    }
  }

  private wrong(offset: number, problem: string, hint: string): ServentError {
    return new ServentError("invalid_value", `${this.placeOf(offset)}: ${problem}`, hint);
  }

  private placeOf(offset: number): string {
    const before = this.text.slice(0, offset);
    return `${this.name}:${before.split("\n").length}:${offset - before.lastIndexOf("\n")}`;
  }
}

/** Strings and comments, which hide brackets, and brackets. */
const TOKENS = /"(?:[^"\\\n]|\\.)*"|\/\/.*|\/\*[^]*?\*\/|[[\]{}]/g;

/** Where the text goes below the last level that is allowed; undefined where it does not. */
function depthExceededAt(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") depth++;
    if (token === "}" || token === "]") depth--;
    if (depth > DEPTH_MAX) return index;
  }
  return undefined;
}

function wordsOf({ error }: ParseError): string {
  return printParseErrorCode(error).replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
