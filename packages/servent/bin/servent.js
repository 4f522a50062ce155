#!/usr/bin/env node
// The launcher. Plain JavaScript that any Node since 18 can parse: it hands over to the Node that the project pins.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 24;
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

function pinnedNode() {
  try {
    return createRequire(import.meta.url).resolve("node/bin/node");
  } catch {
    return undefined;
  }
}

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) {
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
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", main, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal sends Ctrl-C to the child as well; passing it on would count as a second one.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on("error", (error) => {
    console.error(`servent cannot start ${node}: ${error.message}. Run \`npm ci\` again.`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 130));
}
