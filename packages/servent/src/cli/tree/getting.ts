// Verbs that search and get.
import { countOption, listOption, sizeOption } from "../input.ts";
import type { OptionSpec, Verb } from "../verb.ts";
import { NETWORK_IDS } from "./names.ts";

const group = "Search and get";

const TRANSFER_STATES = ["queued", "finding", "waiting", "active", "checking", "done", "paused", "failed", "cancelled"];

const LIMIT: OptionSpec = { flags: "--limit <n>", summary: "show at most so many (1000)", parse: countOption };

const RESULT_OPTIONS: readonly OptionSpec[] = [
  { flags: "--filter <terms>", summary: "words and terms: tide -live size>1MB net:gnutella ext:ogg" },
  { flags: "--sort <fields>", summary: "by these fields, -field: largest first (number)" },
  LIMIT,
];

/** Verbs that act on transfers take ids, or choose them by state. */
const WHICH: readonly OptionSpec[] = [
  { flags: "--state <state>", summary: "all in this state", choices: TRANSFER_STATES },
  { flags: "--all", summary: "all of them" },
];

export const GETTING: readonly Verb[] = [
  {
    name: "search",
    group,
    operands: "<words...>",
    summary: "ask every network that is on; the numbers are for `get`",
    examples: ["search blue tide", "search tide --type audio --max 10MB", "search tide --follow --first 5"],
    options: [
      { flags: "--network <a,b>", summary: "only these networks", parse: listOption("network", NETWORK_IDS) },
      {
        flags: "--type <type>",
        summary: "only this kind of file",
        choices: ["audio", "video", "image", "text", "archive", "app", "other"],
      },
      { flags: "--min <size>", summary: "at least this size", parse: sizeOption },
      { flags: "--max <size>", summary: "at most this size", parse: sizeOption },
      { flags: "--ext <extension>", summary: "only names that end so" },
      { flags: "--follow", summary: "show files as they are found, until the search ends" },
      { flags: "--first <n>", summary: "end with so many files", parse: countOption },
    ],
    waits: true,
    run: async (context, input) => (await import("../verbs/search.ts")).search(context, input),
  },
  {
    name: "results",
    group,
    operands: "[search]",
    summary: "what the last search, or another, has found by now",
    examples: ["results", "results --filter 'size>1MB' --sort -size", "results s_4k2"],
    options: RESULT_OPTIONS,
    run: async (context, input) => (await import("../verbs/search.ts")).results(context, input),
  },
  {
    name: "searches",
    group,
    summary: "earlier searches",
    examples: ["searches ls", "searches again s_4k2"],
    otherwise: "ls",
    verbs: [
      {
        name: "ls",
        summary: "list searches, newest first",
        examples: ["searches ls"],
        options: [LIMIT],
        run: async (context, input) => (await import("../verbs/searches.ts")).list(context, input),
      },
      {
        name: "stop",
        operands: "<search...>",
        summary: "end searches that run; what they found stays",
        examples: ["searches stop s_4k2"],
        run: async (context, input) => (await import("../verbs/searches.ts")).stop(context, input),
      },
      {
        name: "again",
        operands: "<search>",
        summary: "ask the same once more and wait for the answers",
        examples: ["searches again s_4k2"],
        waits: true,
        run: async (context, input) => (await import("../verbs/search.ts")).again(context, input),
      },
      {
        name: "rm",
        operands: "<search...>",
        summary: "forget searches and what they found",
        examples: ["searches rm s_4k2"],
        run: async (context, input) => (await import("../verbs/searches.ts")).remove(context, input),
      },
    ],
  },
  {
    name: "get",
    group,
    operands: "<what...>",
    summary: "fetch files: by number of the last search, URN, magnet or link",
    examples: ["get 1 --wait", "get s_4k2:3 --to ~/music", "get 'magnet:?xt=urn:sha1:…'"],
    options: [
      { flags: "--to <dir>", summary: "save into this folder" },
      { flags: "--wait", summary: "show how far it is; end when it is whole and checked" },
      { flags: "--priority <priority>", summary: "before or after others", choices: ["low", "normal", "high"] },
    ],
    waits: true,
    run: async (context, input) => (await import("../verbs/get.ts")).get(context, input),
  },
  {
    name: "transfers",
    group,
    summary: "what is being fetched and given",
    examples: ["transfers ls", "transfers retry --state failed", "transfers move t_7f first"],
    otherwise: "ls",
    verbs: [
      {
        name: "ls",
        summary: "list transfers",
        examples: ["transfers ls", "transfers ls --state active", "transfers ls --direction up"],
        options: [
          { flags: "--state <state>", summary: "only in this state", choices: TRANSFER_STATES },
          { flags: "--direction <direction>", summary: "only what we take or give", choices: ["down", "up"] },
          { flags: "--sort <fields>", summary: "by these fields, -field: largest first" },
          LIMIT,
        ],
        run: async (context, input) => (await import("../verbs/transfers.ts")).list(context, input),
      },
      {
        name: "show",
        operands: "<id...>",
        summary: "everything about transfers, with their sources",
        examples: ["transfers show t_7f"],
        run: async (context, input) => (await import("../verbs/transfers.ts")).show(context, input),
      },
      ...(
        [
          ["pause", "stop for now; what has arrived stays"],
          ["resume", "go on after a pause"],
          ["retry", "try again at once"],
          ["cancel", "give up and delete what has arrived"],
          ["rm", "forget ended transfers; finished files stay"],
        ] as const
      ).map(
        ([name, summary]): Verb => ({
          name,
          operands: "[id...]",
          summary,
          examples: [`transfers ${name} t_7f`, `transfers ${name} --all --yes`],
          options: WHICH,
          run: async (context, input) => (await import("../verbs/transfers.ts")).act(context, input, name),
        }),
      ),
      {
        name: "move",
        operands: "<id> <where>",
        operandChoices: ["first", "last", "up", "down"],
        summary: "change the order in which transfers wait: first, last, up or down",
        examples: ["transfers move t_7f first"],
        run: async (context, input) => (await import("../verbs/transfers.ts")).move(context, input),
      },
    ],
  },
  {
    name: "why",
    group,
    operands: "<id>",
    operandChoices: NETWORK_IDS,
    summary: "why a transfer, search, peer or network is as it is",
    examples: ["why t_7f", "why gnutella"],
    run: async (context, input) => (await import("../verbs/why.ts")).why(context, input),
  },
];
