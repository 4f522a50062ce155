// Row C10: many small rings under random joins, crashes and goodbyes, watched after every event. The first schedule that breaks
// a ring is shrunk to the smallest one that still does, with the line that runs it again.
import { assert } from "@servent/overlay/base/assert.ts";
import {
  parseSchedule,
  randomSchedule,
  type RingOutcome,
  type RingSetting,
  runSchedule,
  type ScheduledChange,
  scheduleText,
} from "../../chord/ring-schedule.ts";
import { RandomStream } from "../../engine/random.ts";
import { TraceDigest } from "../../engine/trace-digest.ts";
import { smallestFailing } from "../../shrink.ts";
import type { Findings, Program, RunContext, Settings } from "../program.ts";
import { numberOf, wordOf } from "../setting-values.ts";

/** Runs of shorter schedules while shrinking. */
const SHRINK_TRIES_MAX = 2000;

const FIXED_BYTES = 30_000_000;
const BYTES_PER_PEER = 20_000;

interface Broken {
  readonly run: number;
  readonly schedule: readonly ScheduledChange[];
  readonly smallest: readonly ScheduledChange[];
  readonly outcome: RingOutcome;
}

export const chordSchedules: Program = {
  name: "chord-schedules",
  summary: "small rings under random joins, crashes and goodbyes, watched after every event; what breaks is shrunk",
  settings: {
    upkeep: {
      default: "repaired",
      choices: ["original", "repaired"],
      summary: "as published, or with Zave's repairs",
    },
    peers: { default: 9, least: 4, most: 64, whole: true, summary: "peers in a ring; the first successors + 1 stay" },
    successors: { default: 2, least: 1, most: 16, whole: true, summary: "length of the successor lists" },
    changes: { default: 12, least: 1, most: 1000, whole: true, summary: "joins, crashes and goodbyes in a schedule" },
    schedules: { default: 1000, least: 1, most: 10_000_000, whole: true, summary: "schedules to try, at the most" },
    events: { default: 1e7, least: 1, most: 1e10, whole: true, summary: "events after which it is enough" },
    schedule: { default: "", summary: "try this schedule alone: 1200 join 5, 3400 crash 4" },
    run: { default: 0, least: 0, most: 1e9, whole: true, summary: "the number of its interleaving" },
  },
  memory: (settings) => ({
    peers: numberOf(settings, "peers"),
    bytesPerPeer: BYTES_PER_PEER,
    fixedBytes: FIXED_BYTES,
  }),
  run: (context) => {
    const setting: RingSetting = {
      upkeep: wordOf(context.settings, "upkeep", ["original", "repaired"]),
      peers: numberOf(context.settings, "peers"),
      successors: numberOf(context.settings, "successors"),
      watches: true,
    };
    assert(setting.peers > setting.successors + 1, "there are peers besides the permanent ones");
    return new ScheduleSearch(context, setting).search();
  },
};

class ScheduleSearch {
  private readonly context: RunContext;
  private readonly setting: RingSetting;
  private readonly digest = new TraceDigest();
  private schedules = 0;
  private events = 0;

  constructor(context: RunContext, setting: RingSetting) {
    this.context = context;
    this.setting = setting;
  }

  search(): Findings {
    const { settings } = this.context;
    const text = String(settings.schedule);
    const runs = text === "" ? numberOf(settings, "schedules") : 1;
    const eventsMax = numberOf(settings, "events");
    const first = text === "" ? 0 : numberOf(settings, "run");
    for (let run = first; run < first + runs && this.events < eventsMax; run++) {
      const schedule = text === "" ? this.random(run) : given(settings, text, this.setting);
      const outcome = runSchedule(this.setting, schedule, this.seedOf(run));
      this.schedules++;
      this.events += outcome.events;
      this.digest.add(run, 0, 0, 0, Number.parseInt(outcome.digest.slice(0, 8), 16) | 0);
      this.context.progress(this.events, eventsMax, `events, ${this.schedules} schedules`);
      if (outcome.violation !== undefined) return this.findings(this.shrink(run, schedule));
    }
    return this.findings(undefined);
  }

  private seedOf(run: number): string {
    return `${this.context.seed}/${run}`;
  }

  private random(run: number): readonly ScheduledChange[] {
    const changes = numberOf(this.context.settings, "changes");
    return randomSchedule(this.setting, changes, new RandomStream(this.seedOf(run), "schedule"));
  }

  private shrink(run: number, schedule: readonly ScheduledChange[]): Broken {
    const again = (part: readonly ScheduledChange[]) => runSchedule(this.setting, part, this.seedOf(run));
    const smallest = smallestFailing(schedule, (part) => again(part).violation !== undefined, SHRINK_TRIES_MAX);
    return { run, schedule, smallest, outcome: again(smallest) };
  }

  private findings(broken: Broken | undefined): Findings {
    const rows =
      broken === undefined
        ? []
        : [
            ["violation", `${broken.outcome.violation} (at ${broken.outcome.at} ms)`],
            ["schedule", scheduleText(broken.schedule)],
            ["smallest", scheduleText(broken.smallest)],
            ["again", this.again(broken)],
          ];
    return {
      values: {
        broken: broken === undefined ? 0 : 1,
        schedules: this.schedules,
        events: this.events,
        changes: broken?.schedule.length ?? 0,
        smallestChanges: broken?.smallest.length ?? 0,
      },
      tables: { violation: { columns: ["what", "text"], rows } },
      digest: this.digest.text(),
      events: this.events,
    };
  }

  /** The settings that run the smallest schedule once more. */
  private again({ run, smallest }: Broken): string {
    const { upkeep, peers, successors } = this.setting;
    const same = `--seed ${this.context.seed} --set peers=${peers} --set successors=${successors}`;
    return `servent lab run chord-c10-${upkeep} ${same} --set run=${run} --set 'schedule=${scheduleText(smallest)}'`;
  }
}

function given(settings: Settings, text: string, { peers, successors }: RingSetting): readonly ScheduledChange[] {
  const schedule = parseSchedule(text);
  const isPossible = schedule?.every(({ peer }) => peer > successors && peer < peers);
  if (schedule === undefined || isPossible !== true) {
    const example = `${successors + 1} to ${peers - 1}`;
    throw new RangeError(
      `"${String(settings.schedule)}" is no schedule like "1200 join 5, 3400 crash 4" of peers ${example}`,
    );
  }
  return schedule;
}
