// One command line, from the words to the exit code.
import { CommanderError } from "commander";
import { ServentError } from "../base/servent-error.ts";
import { ProblemError } from "./client/problem-error.ts";
import { Context, type GlobalFlags, type Shell } from "./context.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { buildProgram, type Call } from "./program.ts";
import { safeJson, visible } from "./terminal/text.ts";
import { VERBS } from "./tree.ts";

/** `words` are what follows `servent`. Never rejects: every failure becomes a message and a code. */
export async function runCli(words: readonly string[], shell: Shell): Promise<ExitCode> {
  let call: Call | undefined;
  const program = buildProgram(shell, (found) => {
    call = found;
  });
  if (words.length === 0) {
    program.outputHelp();
    return EXIT.done;
  }
  // Habit makes people ask like this before they know the verbs.
  const isVersionFlag = words.length === 1 && (words[0] === "--version" || words[0] === "-V");
  try {
    await program.parseAsync(isVersionFlag ? ["version"] : [...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    return report(withVerb(error, words), flagsFromWords(words), shell);
  }
  if (call === undefined) return EXIT.done;
  return runCall(call, shell);
}

async function runCall({ verb, input, flags }: Call, shell: Shell): Promise<ExitCode> {
  const context = new Context(flags, shell, verb.waits);
  try {
    const code = (await verb.run?.(context, input)) ?? EXIT.done;
    if (context.planned.length > 0 || context.plans.length > 0) tellPlan(context);
    return code;
  } catch (error) {
    context.screen.clearProgress();
    return report(error, flags, shell);
  } finally {
    context.close();
  }
}

function tellPlan({ screen, planned, plans }: Context): void {
  if (screen.isJson) {
    const actions = plans.length === 0 ? {} : { actions: plans };
    return screen.json({ schema: "servent.dry-run/1", requests: planned, ...actions });
  }
  for (const action of plans) screen.line(`would ${visible(action)}`);
  for (const { method, path, body } of planned) {
    screen.line(`would ${method} ${path}${body === undefined ? "" : ` ${safeJson(body)}`}`);
  }
}

/** Usage errors come before the flags are known, and must respect them all the same. */
function flagsFromWords(words: readonly string[]): GlobalFlags {
  const has = (flag: string) => words.includes(flag);
  return {
    json: has("--json"),
    plain: has("--plain"),
    quiet: has("--quiet"),
    verbose: 0,
    progress: false,
    timeoutMs: undefined,
    url: undefined,
    tokenFile: undefined,
    config: undefined,
    profile: undefined,
    yes: false,
    dryRun: false,
  };
}

/** A usage error that leads to no other place leads to the help of the verb. */
function withVerb(error: unknown, words: readonly string[]): unknown {
  const path = verbIn(words);
  if (path === "") return error;
  const hint = `See \`servent help ${path}\`.`;
  if (error instanceof CommanderError && !error.message.includes("\n")) error.message += `\n${hint}`;
  if (error instanceof ServentError && error.hint === "") {
    return new ServentError(error.code, error.message, hint, { cause: error });
  }
  return error;
}

/** The verb that was meant, with the verbs above it; empty where there is none. */
function verbIn(words: readonly string[]): string {
  const path: string[] = [];
  let verbs = VERBS;
  for (const word of words) {
    const verb = verbs.find(({ name }) => name === word);
    if (verb === undefined) continue;
    path.push(verb.name);
    verbs = verb.verbs ?? [];
  }
  return path.join(" ");
}

function report(error: unknown, flags: GlobalFlags, shell: Shell): ExitCode {
  const { screen } = new Context(flags, shell);
  const told = toldBy(error, flags.verbose > 1);
  screen.error(told.detail, told.hint, told.code);
  if (flags.json) {
    const { detail, hint, code, status, title } = told;
    screen.errorJson({
      type: `https://servent.invalid/p/${code.replaceAll("_", "-")}`,
      title,
      ...(status > 0 ? { status } : {}),
      code,
      detail,
      hint,
    });
  }
  return exitCodeOf(told.code, told.status);
}

interface Told {
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  readonly code: string;
  /** Of the HTTP answer; 0 where there was none. */
  readonly status: number;
}

function toldBy(error: unknown, withStack: boolean): Told {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ServentError) {
    return { title: error.code, detail: error.message, hint: error.hint, code: error.code, status: 0 };
  }
  if (error instanceof CommanderError) {
    const [sentence = "", ...hints] = error.message
      .replace(/^error: /, "")
      .replace("unknown command", "unknown verb")
      .split("\n");
    return {
      title: "usage",
      detail: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${/[.?]$/.test(sentence) ? "" : "."}`,
      hint: hints.join(" ").replace(/^\(|\)$/g, "") || "See `servent help`.",
      code: "usage",
      status: 0,
    };
  }
  const detail = error instanceof Error ? error.message : String(error);
  const stack = withStack && error instanceof Error ? ` ${error.stack}` : "";
  return {
    title: "internal",
    detail: `${detail}${stack}`,
    hint: "This is a fault of servent: run it again with -vv and report what it prints.",
    code: "internal",
    status: 0,
  };
}
