// The speed of the lab, as `servent lab bench` measures it, as the rows of bench/README.md: `node bench/lab.ts [--quick]`.
import { runBenches } from "../packages/servent/src/lab/bench/run-benches.ts";

const results = await runBenches({
  quick: process.argv.includes("--quick"),
  only: [],
  signal: new AbortController().signal,
  onStart: ({ name }) => console.error(`${name} …`),
});
console.log("| lab | peers | events per CPU second | peak of memory | found |");
console.log("| --- | --- | --- | --- | --- |");
for (const { name, summary, peers, events, cpuMs, residentBytes, bounds } of results) {
  const rate = `${(events / cpuMs / 1000).toFixed(2)} M`;
  const found = bounds
    .filter(({ what, here }) => here !== undefined && !/^(events|peak)/.test(what))
    .map(({ what, here }) => `${what} ${Number(here?.toPrecision(5))}`);
  const memory = `${Math.round(residentBytes / 1e6)} MB`;
  console.log(`| ${name}: ${summary} | ${peers.toLocaleString("en")} | ${rate} | ${memory} | ${found.join(", ")} |`);
}
const missed = results.flatMap(({ name, bounds }) =>
  bounds.filter(({ met }) => met === false).map(({ what, here }) => `${name}: ${what} ${here}`),
);
for (const each of missed) console.error(`missed: ${each}`);
process.exitCode = missed.length > 0 ? 1 : 0;
