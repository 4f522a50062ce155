// The daemon said no: its problem document, as an error.
import type { Problem } from "./shapes.ts";

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** The problem in an answer with an error status; answers of something that is not a servent get one made for them. */
export function problemOf(status: number, body: string): Problem {
  const told = parsed(body);
  const text = (field: string, otherwise: string) => (typeof told[field] === "string" ? told[field] : otherwise);
  return {
    type: text("type", "about:blank"),
    title: text("title", "Unexpected answer"),
    status,
    code: text("code", "internal"),
    detail: text("detail", `The server answered ${status} without saying why.`),
    hint: text("hint", "Check that the address belongs to a servent."),
    requestId: text("requestId", ""),
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
