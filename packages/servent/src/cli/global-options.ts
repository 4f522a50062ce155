// Flags that every verb takes, before or after its name.
import { spanOption } from "./input.ts";
import type { OptionSpec } from "./verb.ts";

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: "--json", summary: "one JSON document, or one per line from verbs that stream" },
  { flags: "--plain", summary: "no colour, no header: tab-separated lines" },
  { flags: "--quiet", summary: "no notes and no progress, only data and errors" },
  { flags: "-v, --verbose", summary: "tell what is asked of the daemon; -vv: and where faults are" },
  { flags: "--no-progress", summary: "no progress lines" },
  { flags: "--timeout <span>", summary: "the longest wait: 15s, 2m", parse: spanOption },
  { flags: "--url <address>", summary: "a daemon elsewhere: http://box:7390 (or SERVENT_URL)" },
  { flags: "--token-file <file>", summary: "the token for --url (or SERVENT_TOKEN)" },
  { flags: "--config <file>", summary: "the configuration file of `up`" },
  { flags: "--profile <name>", summary: "configuration, data and daemon of their own" },
  { flags: "--yes", summary: "do not ask" },
  { flags: "--dry-run", summary: "say what would change, change nothing" },
];
