// Verbs about what we offer.
import { countOption } from "../input.ts";
import type { OptionSpec, Verb } from "../verb.ts";

const group = "Share";

const FOLDER_OPTIONS: readonly OptionSpec[] = [
  { flags: "--as <name>", summary: "the name that peers see (the folder's own)" },
  { flags: "--exclude <glob>", summary: "leave these out; may be repeated", isRepeated: true },
];

export const SHARING: readonly Verb[] = [
  {
    name: "share",
    group,
    summary: "the folders that we offer",
    examples: ["share add ~/music --as tunes", "share ls"],
    otherwise: "ls",
    verbs: [
      {
        name: "add",
        operands: "<dir>",
        summary: "offer a folder; with --dry-run, show what would be visible",
        examples: ["share add ~/music", "share add ~/music --as tunes --exclude '*.log'"],
        options: FOLDER_OPTIONS,
        run: async (context, input) => (await import("../verbs/share.ts")).add(context, input),
      },
      {
        name: "ls",
        summary: "list shares",
        examples: ["share ls"],
        run: async (context) => (await import("../verbs/share.ts")).list(context),
      },
      {
        name: "rm",
        operands: "<share...>",
        summary: "offer folders no longer; the files stay where they are",
        examples: ["share rm tunes"],
        run: async (context, input) => (await import("../verbs/share.ts")).remove(context, input),
      },
      {
        name: "scan",
        operands: "[share...]",
        summary: "look for changed files now; all shares if none is named",
        examples: ["share scan", "share scan tunes"],
        run: async (context, input) => (await import("../verbs/share.ts")).scan(context, input),
      },
      {
        name: "check",
        operands: "[share...]",
        summary: "files that cannot be offered, and why",
        examples: ["share check"],
        run: async (context, input) => (await import("../verbs/share.ts")).check(context, input),
      },
      {
        name: "preview",
        operands: "<dir>",
        summary: "what a folder would show to strangers; offers nothing",
        examples: ["share preview ~/music"],
        options: FOLDER_OPTIONS,
        run: async (context, input) => (await import("../verbs/share.ts")).preview(context, input),
      },
    ],
  },
  {
    name: "files",
    group,
    summary: "the files that we offer, and the identities of any file",
    examples: ["files ls tide", "files hash song.ogg"],
    otherwise: "ls",
    verbs: [
      {
        name: "ls",
        operands: "[words...]",
        summary: "list offered files, all or those with these words",
        examples: ["files ls", "files ls tide"],
        options: [{ flags: "--limit <n>", summary: "show at most so many (1000)", parse: countOption }],
        run: async (context, input) => (await import("../verbs/files.ts")).list(context, input),
      },
      {
        name: "show",
        operands: "<index...>",
        summary: "everything about offered files",
        examples: ["files show 3"],
        run: async (context, input) => (await import("../verbs/files.ts")).show(context, input),
      },
      {
        name: "hash",
        operands: "<file...>",
        summary: "the names that networks know a file by; needs no daemon",
        examples: ["files hash song.ogg"],
        run: async (context, input) => (await import("../verbs/hash.ts")).hash(context, input),
      },
    ],
  },
];
