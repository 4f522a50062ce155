#!/usr/bin/env node
// The launcher. Plain JavaScript that any Node since 18 can parse: it hands over to the Node that the project pins.
import { spawn } from "node:child_process";
import module, { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 24;
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
// Compiled code is kept, or every verb would spend most of its time on stripping types again.
const compiled = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "servent", "compiled");

function pinnedNode() {
  try {
    return createRequire(import.meta.url).resolve("node/bin/node");
  } catch {
    return undefined;
  }
}

/** A terminal sends Ctrl-C to the child as well; passing it on would count as a second one. */
function sharesTerminal() {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}

function relaunch(node) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", main, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !sharesTerminal()) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    console.error(`servent cannot start ${node}: ${error.message}. Run \`npm ci\` again.`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 130));
}

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) {
  if (process.env.NODE_COMPILE_CACHE === undefined) module.enableCompileCache(compiled);
  await import(main);
} else {
  const node = pinnedNode();
  if (node === undefined) {
    console.error(
      `servent needs Node ${NODE_MAJOR} and runs under ${process.versions.node}: run \`npm ci\` in the project ` +
        "(without --ignore-scripts), which brings the right one.",
    );
    process.exit(1);
  }
  relaunch(node);
}
