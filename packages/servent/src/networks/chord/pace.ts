// Waits of a loop that somebody may wake or end: the time between two rounds, and a rate that a burst may exceed.

/** Sleeps that end early, all together. Once ended, nobody sleeps here again. */
export class Nap {
  private readonly sleepers = new Set<() => void>();
  private isEnded = false;

  async sleep(ms: number): Promise<void> {
    if (this.isEnded) return;
    await new Promise<void>((resolve) => {
      const wakeUp = (): void => {
        clearTimeout(timer);
        this.sleepers.delete(wakeUp);
        resolve();
      };
      const timer = setTimeout(wakeUp, ms);
      timer.unref();
      this.sleepers.add(wakeUp);
    });
  }

  wake(): void {
    for (const wakeUp of this.sleepers) wakeUp();
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }
}

/** So many a second, and at most so many at once after a rest. */
export class Pace {
  private readonly perSecond: number;
  private readonly burst: number;
  private left: number;
  private at = performance.now();

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.left = burst;
  }

  /** Notes that so many were spent; the answer is how long to wait before the next. */
  spend(count: number): number {
    const now = performance.now();
    this.left = Math.min(this.burst, this.left + ((now - this.at) * this.perSecond) / 1000) - count;
    this.at = now;
    return this.left >= 0 ? 0 : (-this.left * 1000) / this.perSecond;
  }
}
