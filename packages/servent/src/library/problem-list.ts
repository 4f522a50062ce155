// The files of a share that could not be shared, and why. Bounded: a disk full of trouble is told in numbers.
import type { ShareProblem } from "./library.ts";

/** Enough to see the pattern; each is a path and a sentence. */
const PROBLEMS_MAX = 1000;

export class ProblemList {
  private readonly held = new Map<string, ShareProblem>();
  private beyond = 0;

  /** All that were found, listed or not. */
  get count(): number {
    return this.held.size + this.beyond;
  }

  list(): readonly ShareProblem[] {
    return [...this.held.values()];
  }

  /** A newer problem of the same path replaces the older. */
  add(problem: ShareProblem): void {
    if (this.held.size >= PROBLEMS_MAX && !this.held.has(problem.path)) this.beyond++;
    else this.held.set(problem.path, problem);
  }

  delete(path: string): void {
    this.held.delete(path);
  }

  /** A folder is looked at again: what was wrong with it, or directly in it, may be right now. */
  forgetIn(folder: string): void {
    for (const path of this.held.keys()) {
      const slash = path.lastIndexOf("/");
      if (path === folder || (slash < 0 ? "" : path.slice(0, slash)) === folder) this.held.delete(path);
    }
  }

  clear(): void {
    this.held.clear();
    this.beyond = 0;
  }
}
