// What the shell learns. Scripts depend on these numbers; docs/cli.md lists them.

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  nothingFound: 3,
  notReachable: 4,
  notAllowed: 5,
  refused: 6,
  temporary: 7,
  unverified: 8,
  limit: 9,
  checkFailed: 10,
  traceDiffers: 11,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  usage: EXIT.usage,
  invalid_value: EXIT.usage,
  unknown_key: EXIT.usage,
  not_found: EXIT.nothingFound,
  not_reachable: EXIT.notReachable,
  not_allowed: EXIT.notAllowed,
  host_not_allowed: EXIT.notAllowed,
  cross_site: EXIT.notAllowed,
  permission: EXIT.notAllowed,
  conflict: EXIT.refused,
  refused: EXIT.refused,
  already_running: EXIT.refused,
  port_in_use: EXIT.refused,
  share_refused: EXIT.refused,
  network_off: EXIT.refused,
  too_large: EXIT.refused,
  too_many: EXIT.temporary,
  timeout: EXIT.temporary,
  hash_mismatch: EXIT.unverified,
  out_of_memory: EXIT.limit,
  trace_differs: EXIT.traceDiffers,
  violation: EXIT.checkFailed,
};

const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.nothingFound,
  409: EXIT.refused,
  422: EXIT.usage,
  429: EXIT.temporary,
  503: EXIT.temporary,
  504: EXIT.temporary,
};

/** The exit code for a stable error code; an unknown code falls back on the HTTP status, then on `failed`. */
export function exitCodeOf(code: string, status = 0): ExitCode {
  return BY_CODE[code] ?? BY_STATUS[status] ?? EXIT.failed;
}
