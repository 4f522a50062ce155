// How often something happened in the last hour: one number for each minute of it, so that nothing grows.
const MINUTES = 60;
const MINUTE_MS = 60_000;

export class HourCount {
  total = 0;
  private readonly now: () => number;
  private readonly minutes = new Uint32Array(MINUTES);
  private minute: number;

  /** `now`: any clock that only goes forward, milliseconds. */
  constructor(now: () => number) {
    this.now = now;
    this.minute = Math.floor(now() / MINUTE_MS);
  }

  add(): void {
    this.pass();
    this.total++;
    const at = this.minute % MINUTES;
    this.minutes[at] = (this.minutes[at] as number) + 1;
  }

  get lastHour(): number {
    this.pass();
    return this.minutes.reduce((sum, count) => sum + count, 0);
  }

  /** Empties the minutes that have come since somebody last looked. */
  private pass(): void {
    const minute = Math.floor(this.now() / MINUTE_MS);
    for (let passed = Math.max(this.minute + 1, minute - MINUTES + 1); passed <= minute; passed++) {
      this.minutes[passed % MINUTES] = 0;
    }
    this.minute = Math.max(this.minute, minute);
  }
}
