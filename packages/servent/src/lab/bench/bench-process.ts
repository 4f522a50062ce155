// The entry of a process that makes one bench and prints its figures as a line of JSON: `bench-process.ts engine 1000000`.
import { BENCHES } from "./benches.ts";

const [name = "", peers = ""] = process.argv.slice(2);
const bench = BENCHES.find((each) => each.name === name);
if (bench === undefined) throw new Error(`There is no bench ${name}.`);
const { events, cpuMs, values } = bench.measure(Number(peers), () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
});
const residentBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ events, cpuMs, residentBytes, values })}\n`);
