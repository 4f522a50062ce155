// The entry of the command line: the real process, handed to `runCli`.
import { processShell } from "./process-shell.ts";
import { runCli } from "./run.ts";

process.exitCode = await runCli(process.argv.slice(2), processShell());
