// Writes that nobody waits for: from a timer, or beside what was asked. A full disk must not end the daemon there.

export class SideWrites {
  private readonly onProblem: (error: unknown) => void;
  private failing = false;

  /** `onProblem` hears the first failure of a row, not each: a full disk would fill the log. */
  constructor(onProblem: (error: unknown) => void) {
    this.onProblem = onProblem;
  }

  /** Writes if it can. What cannot be written is lost to the next start, not to this one. */
  attempt(write: () => void): void {
    try {
      write();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.onProblem(error);
      this.failing = true;
    }
  }
}
