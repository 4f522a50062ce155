// `why`: the causal chain behind a state, then what can be done.
import { ServentError } from "../../base/servent-error.ts";
import type { Why } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { visible, wrapWords } from "../terminal/text.ts";
import { formatSpan } from "../terminal/units.ts";
import { NETWORK_IDS } from "../tree/names.ts";

export async function why(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const id = input.operand(0);
  const chain = await (await context.daemon()).read<Why>(`/${resourceOf(id)}/${encodeURIComponent(id)}/why`);
  if (screen.isJson) {
    screen.json({ schema: "servent.why/1", id, ...chain });
    return EXIT.done;
  }
  if (screen.isPlain) {
    screen.lines(chain.facts.map(({ at, text, code }) => [at, code, text].map(visible).join("\t")));
    return EXIT.done;
  }
  const { paint } = screen;
  const age = formatSpan(shell.now() - Date.parse(chain.since));
  const state = visible(chain.state);
  screen.line(`${paint(visible(id), "bold")}  ${paint(state, stateStyle(chain.state))}  ${paint(`for ${age}`, "dim")}`);
  const width = Math.max(20, screen.layout.width - TIME_COLUMNS);
  for (const { at, text } of chain.facts) {
    const [first = "", ...rest] = wrapWords(visible(text), width);
    screen.lines([
      `${paint(timeOf(at), "dim")}  ${first}`,
      ...rest.map((line) => `${" ".repeat(TIME_COLUMNS)}${line}`),
    ]);
  }
  if (chain.actions.length > 0) {
    screen.lines(["", ...chain.actions.map(({ label }) => `${paint("→", "cyan")} ${visible(label)}`)]);
  }
  return EXIT.done;
}

const TIME_COLUMNS = 10;

/** `12:41:04` of an RFC 3339 time, in the user's time zone. */
function timeOf(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "--------" : time.toTimeString().slice(0, 8);
}

function resourceOf(id: string): string {
  if (NETWORK_IDS.includes(id)) return "networks";
  const resource = RESOURCES.get(id.split("_")[0] ?? "");
  if (resource === undefined || !id.includes("_")) {
    throw new ServentError(
      "usage",
      `"${id}" is no id of a transfer, search, peer or network.`,
      "Ids begin with t_, s_ or p_; networks are named as in `servent networks ls`.",
    );
  }
  return resource;
}

const RESOURCES: ReadonlyMap<string, string> = new Map([
  ["t", "transfers"],
  ["s", "searches"],
  ["p", "peers"],
]);
