// Errors as the API tells them (RFC 9457): a stable code, one sentence, what to do now.
import { type ErrorCode, ServentError } from "../base/servent-error.ts";
import type { Problem } from "./schemas.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  invalid_value: 400,
  unknown_key: 400,
  not_found: 404,
  conflict: 409,
  refused: 403,
  not_allowed: 403,
  host_not_allowed: 421,
  cross_site: 403,
  not_reachable: 503,
  port_in_use: 409,
  already_running: 409,
  disk_full: 507,
  out_of_memory: 507,
  trace_differs: 409,
  violation: 409,
  permission: 403,
  share_refused: 403,
  share_unreadable: 409,
  network_off: 409,
  too_large: 413,
  too_many: 429,
  timeout: 504,
  internal: 500,
};

/** A ServentError whose status differs from its code's usual one, or that needs a header of its own. */
export class ApiError extends ServentError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    status: number,
    message: string,
    hint: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message, hint);
    this.name = "ApiError";
    this.status = status;
    this.headers = headers;
  }
}

/** What to answer, and whether it is our own fault and belongs into the log. */
export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
  readonly isOurFault: boolean;
}

export function problemFrom(error: unknown, requestId: string): ProblemAnswer {
  const known = error instanceof ServentError ? error : (fromDatabase(error) ?? fromFramework(error));
  if (known !== undefined) {
    const status = known instanceof ApiError ? known.status : STATUS[known.code];
    return {
      problem: problem(known.code, status, known.message, known.hint, requestId),
      headers: known instanceof ApiError ? known.headers : {},
      isOurFault: known.code === "internal",
    };
  }
  // The message of an unexpected error may hold anything; it goes into the log only.
  return {
    problem: problem(
      "internal",
      500,
      "Something went wrong inside the daemon.",
      `The log has more: servent logs --level error (request ${requestId}).`,
      requestId,
    ),
    headers: {},
    isOurFault: true,
  };
}

/** SQLite's words for a disk that takes no more, without the details that make its extended codes. */
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

function fromDatabase(error: unknown): ServentError | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  const code = error.errcode & 0xff;
  if (code !== SQLITE_FULL && code !== SQLITE_IOERR) return undefined;
  return new ServentError(
    "disk_full",
    code === SQLITE_FULL
      ? "The disk with servent's database is full, so this cannot be written down."
      : `The disk with servent's database fails, or is full: ${error.message}.`,
    "Make room, then try again; `servent doctor` shows the disk.",
    { cause: error },
  );
}

/** What the HTTP framework itself refuses: bad JSON, too large a body, an unknown content type. */
function fromFramework(error: unknown): ServentError | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const status = error.statusCode;
  if (typeof status !== "number" || status < 400 || status >= 500) return undefined;
  if (status === 413) return new ServentError("too_large", "The request is too large.", "Send less at once.");
  if (status === 415) {
    return new ApiError(
      "invalid_value",
      415,
      "The request's content type is not known here.",
      "Send application/json.",
    );
  }
  return new ApiError(
    "invalid_value",
    status,
    `The request cannot be read: ${error.message.replace(/\.$/, "")}.`,
    "See /api/v1/openapi.json.",
  );
}

export function problem(code: ErrorCode, status: number, detail: string, hint: string, requestId: string): Problem {
  const title = code.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
  return {
    type: `https://servent.invalid/p/${code.replaceAll("_", "-")}`,
    title,
    status,
    code,
    detail,
    hint,
    requestId,
  };
}
