// `chord-lookups  12/40 runs  31 %  1.2 M events/s  0:12 left`: how far the runs of a scenario are.
import type { JobProgress } from "../../lab/job-messages.ts";
import type { RunsProgress } from "../../lab/scenario-runs.ts";
import { cutEnd } from "../terminal/text.ts";
import { formatClock, formatCount } from "../terminal/units.ts";

/** Before this share is done, what is left is a guess. */
const KNOWN_SHARE = 0.01;

export class ProgressText {
  private readonly name: string;
  private readonly now: () => number;
  private readonly startedAt: number;
  /** Of the single run under way: what it counted when it was first seen. */
  private first: { readonly unit: string; readonly done: number; readonly at: number } | undefined;

  constructor(name: string, now: () => number) {
    this.name = name;
    this.now = now;
    this.startedAt = now();
  }

  line({ total, done, kept, events, running }: RunsProgress, width: number): string {
    const elapsedMs = Math.max(1, this.now() - this.startedAt);
    const fresh = total - kept;
    const underWay = running.reduce((sum, each) => sum + (each.total > 0 ? Math.min(1, each.done / each.total) : 0), 0);
    const share = fresh === 0 ? 1 : (done - kept + underWay) / fresh;
    const parts = [this.name];
    if (total > 1) parts.push(`${formatCount(done)}/${formatCount(total)} runs`);
    parts.push(`${Math.floor(100 * share)} %`.padStart(4));
    const [only] = running;
    if (only !== undefined && total === 1) parts.push(portion(only));
    const rate = events > 0 ? `${formatRate((1000 * events) / elapsedMs)} events/s` : this.unitRate(running);
    if (rate !== "") parts.push(rate);
    if (share >= KNOWN_SHARE && share < 1) parts.push(`${formatClock((elapsedMs * (1 - share)) / share)} left`);
    return cutEnd(parts.join("  "), width);
  }

  /** A run tells no events before it has ended, but what it counts itself. */
  private unitRate(running: RunsProgress["running"]): string {
    const [only] = running;
    if (only === undefined || running.length > 1) return "";
    const { done } = only;
    const unit = unitOf(only);
    // Virtual time that passes in a second says nothing about the machine.
    if (unit === "time" || unit.startsWith("milliseconds")) return "";
    const now = this.now();
    if (this.first?.unit !== unit || done < this.first.done) {
      this.first = { unit, done, at: now };
      return "";
    }
    const rate = (1000 * (done - this.first.done)) / Math.max(1, now - this.first.at);
    return rate > 0 ? `${formatRate(rate)} ${unit}/s` : "";
  }
}

/** `lookups`; what stands behind a comma is told beside it. */
function unitOf({ what }: JobProgress): string {
  return what.split(",")[0] ?? what;
}

/** `210 000/500 000 lookups`; virtual time as a clock. */
function portion({ what, done, total }: JobProgress): string {
  const text = what === "time" ? formatClock : (value: number): string => formatCount(Math.floor(value));
  return `${text(done)}/${text(total)} ${what}`;
}

/** `31 k`, `1.2 M`: per second. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 999_500) return `${(perSecond / 1e6).toFixed(perSecond < 9_950_000 ? 1 : 0)} M`;
  if (perSecond >= 1000) return `${Math.round(perSecond / 1000)} k`;
  return String(Math.round(perSecond));
}
