// `completion`: scripts for four shells, made from the command tree, so they never know less than the program.
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import type { Input } from "../input.ts";
import { ServentError } from "../../base/servent-error.ts";
import { VERBS } from "../tree.ts";
import type { OptionSpec, Verb } from "../verb.ts";

export async function completion({ screen }: Context, input: Input): Promise<ExitCode> {
  const script = SCRIPTS[input.operand(0)];
  if (script === undefined) {
    throw new ServentError(
      "usage",
      `There is no script for ${input.operand(0)}.`,
      "Known are bash, zsh, fish and pwsh.",
    );
  }
  const text = script(placesOf(VERBS));
  if (screen.isJson) screen.json({ schema: "servent.completion/1", shell: input.operand(0), script: text });
  else screen.line(text);
  return EXIT.done;
}

/** A point in a command line: after these words, these may follow. */
interface Place {
  /** `transfers ls`; empty at the start. */
  readonly path: string;
  readonly verbs: readonly Verb[];
  readonly operands: readonly string[];
  readonly takesFiles: boolean;
  readonly options: readonly Flag[];
}

interface Flag {
  readonly long: string;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

function placesOf(verbs: readonly Verb[], path = ""): readonly Place[] {
  const shared = GLOBAL_OPTIONS.map(flagOf);
  const here: Place[] = path === "" ? [{ path, verbs, operands: [], takesFiles: false, options: shared }] : [];
  return [
    ...here,
    ...verbs.flatMap((verb): readonly Place[] => {
      const own = path === "" ? verb.name : `${path} ${verb.name}`;
      const place: Place = {
        path: own,
        verbs: verb.verbs ?? [],
        operands: verb.operandChoices ?? [],
        takesFiles: /file|dir/.test(verb.operands ?? ""),
        options: [...(verb.options ?? []).map(flagOf), ...shared],
      };
      return [place, ...placesOf(verb.verbs ?? [], own)];
    }),
  ];
}

function flagOf({ flags, summary, choices }: OptionSpec): Flag {
  return {
    long: /--[a-z-]+/.exec(flags)?.[0] ?? flags,
    summary,
    takesValue: flags.includes("<"),
    choices: choices ?? [],
  };
}

/** Inside single quotes of a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(places: readonly Place[]): string {
  const words = places.map(({ path, verbs, operands, options, takesFiles }) => {
    const all = [...verbs.map(({ name }) => name), ...operands, ...options.map(({ long }) => long)];
    return `    ${quoted(path)}) words=${quoted(all.join(" "))}; files=${takesFiles ? 1 : 0} ;;`;
  });
  return `# bash completion for servent; made by \`servent completion bash\`
_servent() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path= words= files=0 word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "\${path:+$path }$word" in
      ${pathPattern(places)}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path $previous" in
${choiceCases(places, (path, { long, choices }) => `    ${quoted(`${path} ${long}`)}) COMPREPLY=($(compgen -W ${quoted(choices.join(" "))} -- "$current")); return ;;`)}
  esac
  case "$previous" in
    ${fileFlags(places).join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $files == 1 && $current != -* ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -o bashdefault -F _servent servent`;
}

function pathPattern(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== "")
    .map(({ path }) => quoted(path))
    .join("|");
}

/** One line for each flag with a fixed set of values, at each place that has it. */
function choiceCases(places: readonly Place[], line: (path: string, flag: Flag) => string): string {
  return places
    .flatMap(({ path, options }) => options.filter(({ choices }) => choices.length > 0).map((flag) => line(path, flag)))
    .join("\n");
}

/** Flags whose value is a file or folder. */
function fileFlags(places: readonly Place[]): readonly string[] {
  const specs = [...GLOBAL_OPTIONS, ...VERBS.flatMap(optionsBelow)];
  const files = specs.filter(({ flags }) => /<(file|dir)>/.test(flags)).map((spec) => flagOf(spec).long);
  return [...new Set(files)].filter((long) => places.some(({ options }) => options.some((flag) => flag.long === long)));
}

function optionsBelow(verb: Verb): readonly OptionSpec[] {
  return [...(verb.options ?? []), ...(verb.verbs ?? []).flatMap(optionsBelow)];
}

function described(name: string, text: string): string {
  return quoted(`${name.replaceAll(":", "\\:")}:${text.replaceAll(":", "\\:")}`);
}

function zsh(places: readonly Place[]): string {
  const cases = places.map(({ path, verbs, operands, options, takesFiles }) => {
    const verbWords = verbs.map(({ name, summary }) => described(name, summary));
    const flagWords = options.map(({ long, summary }) => described(long, summary));
    const operandWords = operands.map(quoted);
    return `    ${quoted(path)}) verbs=(${[...verbWords, ...operandWords].join(" ")}); flags=(${flagWords.join(" ")}); files=${takesFiles ? 1 : 0} ;;`;
  });
  return `#compdef servent
# zsh completion for servent; made by \`servent completion zsh\`
_servent() {
  local -a verbs flags
  local path_so_far= files=0 word i previous="\${words[CURRENT-1]}"
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "\${path_so_far:+$path_so_far }$word" in
      ${pathPattern(places)}) path_so_far="\${path_so_far:+$path_so_far }$word" ;;
    esac
  done
  case "$path_so_far $previous" in
${choiceCases(places, (path, { long, choices }) => `    ${quoted(`${path} ${long}`)}) compadd ${choices.map(quoted).join(" ")}; return ;;`)}
  esac
  case "$previous" in
    ${fileFlags(places).join("|")}) _files; return ;;
  esac
  case "$path_so_far" in
${cases.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe flag flags; return; fi
  (( \${#verbs} )) && _describe verb verbs
  (( files )) && _files
}
if [[ "\${funcstack[1]}" == _servent ]]; then _servent "$@"; else compdef _servent servent; fi`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, verbs, operands, options, takesFiles }) => {
    const when = `-n ${quoted(`__servent_at ${quoted(path)}`)}`;
    const own = path === "" ? options : options.slice(0, options.length - GLOBAL_OPTIONS.length);
    return [
      ...verbs.map(({ name, summary }) => `complete -c servent ${when} -a ${name} -d ${quoted(summary)}`),
      ...operands.map((name) => `complete -c servent ${when} -a ${quoted(name)}`),
      ...(takesFiles ? [`complete -c servent ${when} -F`] : []),
      ...own.map(({ long, summary, takesValue, choices }) => {
        const values = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
        return `complete -c servent ${path === "" ? "" : `${when} `}-l ${long.slice(2)}${values} -d ${quoted(summary)}`;
      }),
    ];
  });
  return `# fish completion for servent; made by \`servent completion fish\`
function __servent_at
  set -l path
  for word in (commandline -opc)[2..-1]
    set -l longer (string trim -- "$path $word")
    contains -- "$longer" ${places
      .filter(({ path }) => path !== "")
      .map(({ path }) => quoted(path))
      .join(" ")}; and set path "$longer"
  end
  test "$path" = "$argv[1]"
end
complete -c servent -f
${lines.join("\n")}`;
}

/** Inside single quotes of PowerShell. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function pwsh(places: readonly Place[]): string {
  const entries = places.map(({ path, verbs, operands, options }) => {
    const all = [...verbs.map(({ name }) => name), ...operands, ...options.map(({ long }) => long)];
    return `  ${literal(path)} = @(${all.map(literal).join(", ")})`;
  });
  const choices = choiceCases(
    places,
    (path, { long, choices: values }) => `  ${literal(`${path} ${long}`)} = @(${values.map(literal).join(", ")})`,
  );
  return `# PowerShell completion for servent; made by \`servent completion pwsh\`
$ServentWords = @{
${entries.join("\n")}
}
$ServentChoices = @{
${choices}
}
Register-ArgumentCompleter -Native -CommandName servent -ScriptBlock {
  param($current, $ast, $position)
  $path = ''; $previous = ''
  foreach ($element in ($ast.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.EndOffset -ge $position -and $current -ne '') { break }
    $previous = $element.ToString()
    $longer = "$path $previous".Trim()
    if ($ServentWords.ContainsKey($longer)) { $path = $longer }
  }
  $values = $ServentChoices["$path $previous"]
  if ($null -eq $values) { $values = $ServentWords[$path] }
  $values | Where-Object { $_ -like "$current*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`;
}

const SCRIPTS: Readonly<Record<string, (places: readonly Place[]) => string>> = { bash, zsh, fish, pwsh };
