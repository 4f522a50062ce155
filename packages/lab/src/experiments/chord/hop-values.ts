// What the lengths of lookups say, under the names that expectations use.
import type { WholeCounts } from "../../measures/distribution.ts";
import { QuantileSketch } from "../../measures/quantile-sketch.ts";
import type { Findings } from "../program.ts";

/** `mode` is the length that came most often, `modeShare` how often. */
export function hopValues(hops: WholeCounts): Findings["values"] {
  const sketch = new QuantileSketch();
  let mode = 0;
  for (let length = 0; length <= hops.largest; length++) {
    const count = hops.of(length);
    if (count > 0) sketch.add(length, count);
    if (count > hops.of(mode)) mode = length;
  }
  return {
    mean: hops.mean,
    p1: sketch.quantile(0.01),
    p50: sketch.quantile(0.5),
    p99: sketch.quantile(0.99),
    max: hops.largest,
    mode,
    modeShare: hops.of(mode) / hops.total,
  };
}
