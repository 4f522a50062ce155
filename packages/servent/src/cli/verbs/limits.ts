// `limits`: how fast we may take and give.
import { ServentError } from "../../base/servent-error.ts";
import type { Limits } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { fieldLines } from "../terminal/table.ts";
import { formatRate } from "../terminal/units.ts";

export async function show(context: Context): Promise<ExitCode> {
  tell(context, await (await context.daemon()).read<Limits>("/limits"));
  return EXIT.done;
}

export async function set(context: Context, input: Input): Promise<ExitCode> {
  const rates = ratesOf(input);
  if (Object.keys(rates).length === 0) {
    throw new ServentError("usage", "No rate was given.", "Add --down or --up, for example --down 2MB.");
  }
  return change(context, rates);
}

export async function slow(context: Context, input: Input): Promise<ExitCode> {
  const word = input.operand(0);
  if (word !== "on" && word !== "off") {
    throw new ServentError("usage", `Slow mode cannot be "${word}".`, "Say on or off.");
  }
  return change(context, { slow: { enabled: word === "on", ...ratesOf(input) } });
}

function ratesOf(input: Input): { readonly down?: number; readonly up?: number } {
  const down = input.number("down");
  const up = input.number("up");
  return { ...(down === undefined ? {} : { down }), ...(up === undefined ? {} : { up }) };
}

async function change(context: Context, body: unknown): Promise<ExitCode> {
  const limits = await context.change<Limits>("PATCH", "/limits", body);
  if (limits !== undefined) tell(context, limits);
  return EXIT.done;
}

function tell({ screen }: Context, limits: Limits): void {
  if (screen.isJson) return screen.json({ schema: "servent.limits/1", ...limits });
  const { slow } = limits;
  screen.lines(
    fieldLines(
      [
        ["usual", ratesText(limits), slow.enabled ? "dim" : undefined],
        ["slow", ratesText(slow), slow.enabled ? undefined : "dim"],
        ["in force", slow.enabled ? "slow" : "usual", slow.enabled ? "yellow" : "green"],
      ],
      screen.layout,
    ),
  );
}

function ratesText({ down, up }: { readonly down: number; readonly up: number }): string {
  return `down ${rateText(down)}, up ${rateText(up)}`;
}

function rateText(rate: number): string {
  return rate === 0 ? "free" : formatRate(rate);
}
