// What a verb is: one entry of the command tree. Help, completion scripts and the parser are all made from these.
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Input } from "./input.ts";

export interface OptionSpec {
  /** As commander reads them: `--to <dir>`, `-f, --follow`. */
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** The value that verbs see. Throws ServentError `usage`. */
  readonly parse?: (text: string) => string | number | readonly string[];
  /** May be given several times; the verb sees a list. */
  readonly isRepeated?: boolean;
}

export interface Verb {
  readonly name: string;
  /** `<words...>`, `[id]`: what follows the verb. */
  readonly operands?: string;
  /** For completion: what the operands are. */
  readonly operandChoices?: readonly string[];
  readonly summary: string;
  /** Command lines without `servent`, each of which works. */
  readonly examples: readonly string[];
  /** Heading under which `servent help` lists it. */
  readonly group?: string;
  readonly options?: readonly OptionSpec[];
  readonly verbs?: readonly Verb[];
  /** The verb of `verbs` that runs where none is named. */
  readonly otherwise?: string;
  /** It waits by itself: --timeout ends that wait, and does not limit its single requests. */
  readonly waits?: true;
  readonly run?: (context: Context, input: Input) => Promise<ExitCode>;
}
