// The user's or the system's fault: a stable code, one sentence, and what the reader can do now.

/** Stable codes: API, exit codes, tests and docs use them. */
export type ErrorCode =
  | "usage"
  | "invalid_value"
  | "unknown_key"
  | "not_found"
  | "conflict"
  | "refused"
  | "not_allowed"
  | "host_not_allowed"
  | "cross_site"
  | "not_reachable"
  | "port_in_use"
  | "already_running"
  | "disk_full"
  | "out_of_memory"
  | "trace_differs"
  | "violation"
  | "permission"
  | "share_refused"
  | "share_unreadable"
  | "network_off"
  | "too_large"
  | "too_many"
  | "timeout"
  | "internal";

export class ServentError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ServentError";
    this.code = code;
    this.hint = hint;
  }
}
