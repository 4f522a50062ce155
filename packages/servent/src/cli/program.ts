// The command tree as a commander program: parsing, help, and the errors of usage.
import { Command, Option } from "commander";
import { ServentError } from "../base/servent-error.ts";
import type { GlobalFlags, Shell } from "./context.ts";
import { GLOBAL_OPTIONS } from "./global-options.ts";
import { programHelp, verbHelp } from "./help-text.ts";
import { Input } from "./input.ts";
import { painter } from "./terminal/colours.ts";
import { VERBS } from "./tree.ts";
import type { OptionSpec, Verb } from "./verb.ts";

/** A verb that was found, with what was typed after it. */
export interface Call {
  readonly verb: Verb;
  readonly input: Input;
  readonly flags: GlobalFlags;
}

/** Calls `onCall` instead of running the verb; prints help by itself; throws CommanderError or ServentError. */
export function buildProgram(shell: Shell, onCall: (call: Call) => void): Command {
  const isColoured = shell.stdout.isTTY === true && !shell.env.NO_COLOR && shell.env.TERM !== "dumb";
  const layout = { width: shell.stdout.columns ?? 80, paint: painter(isColoured) };
  const program = new Command("servent")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(text),
      // The message is told once, by whoever catches the error.
      writeErr: () => undefined,
      getOutHasColors: () => isColoured,
    })
    .configureHelp({ formatHelp: () => programHelp(layout) })
    .helpCommand(false);
  for (const option of GLOBAL_OPTIONS) program.addOption(optionOf(option));
  let verbosity = 0;
  program.on("option:verbose", () => program.setOptionValue("verbose", ++verbosity));

  const addVerb = (parent: Command, above: readonly string[], verb: Verb, group?: Verb): void => {
    const path = [...above, verb.name];
    const isDefault = verb.name === group?.otherwise;
    const command = parent
      .command(verb.operands === undefined ? verb.name : `${verb.name} ${verb.operands}`, { isDefault })
      .configureHelp({ formatHelp: () => verbHelp(path.join(" "), verb, layout) })
      .helpCommand(false)
      .allowExcessArguments(isDefault);
    for (const option of verb.options ?? []) command.addOption(optionOf(option));
    for (const child of verb.verbs ?? []) addVerb(command, path, child, verb);
    if (verb.run === undefined) return;
    command.action(() => {
      // A misspelt verb ends up as an operand of the verb that runs where none is named.
      const [stray] = verb.operands === undefined ? command.args : [];
      if (stray !== undefined && group !== undefined) throw unknownVerb(stray, group);
      onCall({ verb, input: new Input(command.args, command.opts()), flags: globalFlags(program.opts()) });
    });
  };
  for (const verb of VERBS) addVerb(program, [], verb);
  program.command("help [verb...]").action((path: readonly string[]) => {
    let command = program;
    for (const name of path) {
      const next = command.commands.find((each) => each.name() === name);
      if (next === undefined) throw unknownVerb(name, undefined);
      command = next;
    }
    command.outputHelp();
  });
  return program;
}

function unknownVerb(name: string, group: Verb | undefined): ServentError {
  const known = group?.verbs?.map((verb) => verb.name).join(", ");
  return new ServentError(
    "usage",
    `There is no verb "${name}"${group === undefined ? "" : ` of ${group.name}`}.`,
    known === undefined ? "See `servent help`." : `Known are ${known}.`,
  );
}

function optionOf({ flags, summary, choices, parse, isRepeated }: OptionSpec): Option {
  const option = new Option(flags, summary);
  if (choices !== undefined) option.choices([...choices]);
  if (parse !== undefined) option.argParser(parse);
  if (isRepeated) {
    option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
  }
  return option;
}

function globalFlags(values: Readonly<Record<string, unknown>>): GlobalFlags {
  const input = new Input([], values);
  return {
    json: input.flag("json"),
    plain: input.flag("plain"),
    quiet: input.flag("quiet"),
    verbose: input.number("verbose") ?? 0,
    progress: input.flag("progress"),
    timeoutMs: input.number("timeout"),
    url: input.text("url"),
    tokenFile: input.text("tokenFile"),
    config: input.text("config"),
    profile: input.text("profile"),
    yes: input.flag("yes"),
    dryRun: input.flag("dryRun"),
  };
}
