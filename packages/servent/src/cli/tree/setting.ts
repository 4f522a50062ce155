// Verbs about settings, access and the command line itself.
import { listOption, spanOption } from "../input.ts";
import type { Verb } from "../verb.ts";
import { SCOPES } from "./names.ts";

const group = "Settings and access";

export const SETTING: readonly Verb[] = [
  {
    name: "config",
    group,
    summary: "settings: what they are, where they come from",
    examples: ["config list", "config set transfers.activeDown 4"],
    otherwise: "list",
    verbs: [
      {
        name: "list",
        operands: "[prefix]",
        summary: "all settings with value and origin",
        examples: ["config list", "config list network.gnutella", "config list --changed"],
        options: [{ flags: "--changed", summary: "only those that are not as they came" }],
        run: async (context, input) => (await import("../verbs/config.ts")).list(context, input),
      },
      {
        name: "get",
        operands: "<key>",
        summary: "the value of one setting",
        examples: ["config get paths.downloads"],
        run: async (context, input) => (await import("../verbs/config.ts")).get(context, input),
      },
      {
        name: "set",
        operands: "<key> <value>",
        summary: "change a setting, now and after each start",
        examples: ["config set transfers.activeDown 4", `config set net.allowAddresses '["10.0.0.0/8"]'`],
        run: async (context, input) => (await import("../verbs/config.ts")).set(context, input),
      },
      {
        name: "unset",
        operands: "<key...>",
        summary: "go back to the default",
        examples: ["config unset transfers.activeDown"],
        run: async (context, input) => (await import("../verbs/config.ts")).unset(context, input),
      },
      {
        name: "path",
        summary: "where the files of the profile are; needs no daemon",
        examples: ["config path"],
        run: async (context) => (await import("../verbs/config-files.ts")).paths(context),
      },
      {
        name: "check",
        summary: "read the configuration as a start would; needs no daemon",
        examples: ["config check", "config check --config new.jsonc"],
        run: async (context) => (await import("../verbs/config-files.ts")).check(context),
      },
      {
        name: "schema",
        summary: "the JSON Schema of the configuration file",
        examples: ["config schema"],
        run: async (context) => (await import("../verbs/config.ts")).schema(context),
      },
      {
        name: "reload",
        summary: "read the configuration file again",
        examples: ["config reload"],
        run: async (context) => (await import("../verbs/config.ts")).reload(context),
      },
    ],
  },
  {
    name: "token",
    group,
    summary: "keys for programs and other machines",
    examples: ["token new --scope read,transfer --name phone", "token ls"],
    otherwise: "ls",
    verbs: [
      {
        name: "new",
        summary: "make a token; its secret is shown this once",
        examples: ["token new --scope read,transfer --name phone --expires 90d"],
        options: [
          { flags: "--scope <a,b>", summary: "what it may do (read)", parse: listOption("scope", SCOPES) },
          { flags: "--name <name>", summary: "to know it by" },
          { flags: "--expires <span>", summary: "not good any more after this time", parse: spanOption },
        ],
        run: async (context, input) => (await import("../verbs/token.ts")).create(context, input),
      },
      {
        name: "ls",
        summary: "list tokens",
        examples: ["token ls"],
        run: async (context) => (await import("../verbs/token.ts")).list(context),
      },
      {
        name: "revoke",
        operands: "<id...>",
        summary: "make tokens useless at once",
        examples: ["token revoke k_2"],
        run: async (context, input) => (await import("../verbs/token.ts")).revoke(context, input),
      },
    ],
  },
  {
    name: "completion",
    group,
    operands: "<shell>",
    operandChoices: ["bash", "zsh", "fish", "pwsh"],
    summary: "a completion script for bash, zsh, fish or pwsh",
    examples: ["completion bash > ~/.local/share/bash-completion/completions/servent", "completion fish | source"],
    run: async (context, input) => (await import("../verbs/completion.ts")).completion(context, input),
  },
  {
    name: "version",
    group,
    summary: "the version of this program",
    examples: ["version", "version --json"],
    run: async (context) => (await import("../verbs/version.ts")).version(context),
  },
];
