// The entry of the command line: the real process, handed to `runCli`. Small, because it runs before the compile cache
// is on.
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import path from "node:path";

const cacheHome = process.env.XDG_CACHE_HOME;
// In a folder of our own: the system's default is one that everybody may write to.
enableCompileCache(
  path.join(
    cacheHome !== undefined && path.isAbsolute(cacheHome) ? cacheHome : path.join(homedir(), ".cache"),
    "servent",
    "compiled",
  ),
);

const { processShell } = await import("./process-shell.ts");
const { runCli } = await import("./run.ts");
process.exitCode = await runCli(process.argv.slice(2), processShell());
