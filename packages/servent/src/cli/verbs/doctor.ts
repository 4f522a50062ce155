// `doctor`: what is wrong, each with a fix.
import type { Check, Page } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { stateStyle } from "../terminal/colours.ts";
import { padEnd, visible, wrapWords } from "../terminal/text.ts";
import { counted } from "../terminal/units.ts";

export async function doctor(context: Context): Promise<ExitCode> {
  const { screen } = context;
  const page = await (await context.daemon()).read<Page<Check>>("/doctor");
  if (screen.isJson) screen.json(page);
  else for (const check of page.items) screen.lines(linesOf(context, check));
  const failed = page.items.filter(({ level }) => level === "fail").length;
  const warned = page.items.filter(({ level }) => level === "warn").length;
  if (failed + warned === 0) screen.sum("all is well");
  else screen.sum(`${counted(failed, "failure")}, ${counted(warned, "warning")}`);
  return failed > 0 ? EXIT.failed : EXIT.done;
}

const INDENT = 6;

function linesOf({ screen }: Context, check: Check): readonly string[] {
  const { paint, isPlain, layout } = screen;
  if (isPlain) return [[check.level, check.id, check.title, check.detail, check.fix].map(visible).join("\t")];
  const width = Math.max(20, layout.width - INDENT);
  const indented = (text: string) => wrapWords(visible(text), width).map((line) => `${" ".repeat(INDENT)}${line}`);
  const head = `${paint(padEnd(check.level, 4), stateStyle(check.level))}  ${visible(check.title)}`;
  if (check.ok) return [check.detail === "" ? head : `${head}  ${paint(visible(check.detail), "dim")}`];
  const told = check.detail === "" ? [] : indented(check.detail);
  const fix = check.fix === "" ? [] : indented(`→ ${check.fix}`).map((line) => paint(line, "cyan"));
  return [head, ...told, ...fix];
}
