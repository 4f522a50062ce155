// `lab report`: results as a page of HTML that stands alone.
import path from "node:path";
import { readResultAt, reportOf } from "../../lab/result-folder.ts";
import { writeTextFile } from "../../lab/text-files.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { visible } from "../terminal/text.ts";

export async function report({ screen, shell, flags }: Context, input: Input): Promise<ExitCode> {
  const results = input.operands.map((place) => readResultAt(place, shell.cwd));
  const file = path.resolve(shell.cwd, input.text("out") ?? "report.html");
  if (!flags.dryRun) writeTextFile(file, reportOf(results));
  if (screen.isJson) screen.json({ schema: "servent.lab-report/1", file, results: results.map(({ name }) => name) });
  else screen.line(`${flags.dryRun ? "would write" : "written:"} ${visible(file)}`);
  return EXIT.done;
}
