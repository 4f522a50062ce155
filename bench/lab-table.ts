// The table of experiments in docs/lab.md, from the results of `servent lab run … --out results`: each published number, ours,
// its interval, how far off it is, and what the run cost. `node bench/lab-table.ts results/*`.
import { globSync } from "node:fs";
import { offText, valueText } from "../packages/servent/src/cli/verbs/lab-results.ts";
import { readResultAt } from "../packages/servent/src/lab/result-folder.ts";
import { totalCost } from "../packages/servent/src/lab/run-result.ts";

const places = process.argv.slice(2).flatMap((pattern) => globSync(pattern));
if (places.length === 0) {
  console.error("node bench/lab-table.ts RESULT…: folders that `servent lab run NAME --out RESULT` wrote");
  process.exit(2);
}

console.log("| experiment | value | published | here | 95 % interval | off by | processor time |");
console.log("| --- | --- | --: | --: | --- | --: | --: |");
for (const place of places.sort()) {
  const { name, runs, judgement, scenario } = readResultAt(place, process.cwd());
  const seconds = `${(totalCost(runs).cpuMs / 1000).toFixed(0)} s`;
  const verdicts = judgement.verdicts.filter(({ passed }) => passed).length;
  const seeds = `${scenario.seeds.length} ${scenario.seeds.length === 1 ? "seed" : "seeds"}`;
  const holding = `${verdicts} of ${judgement.verdicts.length} expectations hold`;
  const head = `\`${name}\`: ${scenario.title} (${seeds}, ${holding})`;
  const rows = judgement.comparisons.map(({ label, number, tag, ours }) => {
    const interval = ours?.interval;
    const between = interval === undefined ? "" : `${valueText(interval.low)} … ${valueText(interval.high)}`;
    return [label, `${valueText(number)} ${tag}`, valueText(ours?.mean), between, offText(number, ours?.mean)];
  });
  if (rows.length === 0) rows.push(["", "", "", "", ""]);
  for (const [i, row] of rows.entries()) {
    console.log(`| ${[i === 0 ? head : "", ...row, i === 0 ? seconds : ""].join(" | ")} |`);
  }
}
