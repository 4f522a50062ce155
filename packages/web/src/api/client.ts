// One request to the daemon. Whatever goes wrong comes out as an ApiProblem: a sentence, a stable code, what to do.

export interface ProblemFields {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly requestId: string;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly requestId: string;

  constructor(fields: ProblemFields, options?: ErrorOptions) {
    super(fields.detail, options);
    this.name = "ApiProblem";
    this.status = fields.status;
    this.code = fields.code;
    this.hint = fields.hint;
    this.requestId = fields.requestId;
  }
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE";
export type Query = Readonly<Record<string, string | number | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Lets the request outlive the page; for what must not be lost when the window closes. */
  readonly keepalive?: boolean;
}

/** A loopback answer takes milliseconds; one that takes longer than this never comes. Previews of large folders do take a while. */
const TIMEOUT_MS = 30_000;

const loggedOut = new Set<() => void>();

/** Told when the daemon does not know us (any more). The answer ends it. */
export function onLoggedOut(listener: () => void): () => void {
  loggedOut.add(listener);
  return () => loggedOut.delete(listener);
}

/** Relative to the page, so that it also works under a proxy's folder. */
export function apiUrl(path: string, query: Query = {}): URL {
  const url = new URL(`api/v1/${path.replace(/^\//, "")}`, document.baseURI);
  url.hash = "";
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
}

/** Rejects with an ApiProblem, or with an AbortError where `signal` was used. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  let response: Response;
  let text: string;
  try {
    response = await fetch(apiUrl(path, options.query), {
      method,
      signal,
      credentials: "same-origin",
      cache: "no-store",
      keepalive: options.keepalive ?? false,
      headers: headersFor(method, options.body),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw timeout.aborted ? tooSlow(error) : unreachable(error);
  }
  if (response.ok) return (text === "" ? undefined : parse(text, response)) as T;
  const problem = problemOf(text, response);
  if (problem.status === 401) for (const listener of loggedOut) listener();
  throw problem;
}

function headersFor(method: Method, body: unknown): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  // No page of another origin can set it: that proves the change comes from here.
  if (method !== "GET") headers["x-servent-csrf"] = "1";
  if (body !== undefined) headers["content-type"] = "application/json";
  return headers;
}

function parse(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notOurs(response, error);
  }
}

function problemOf(text: string, response: Response): ApiProblem {
  let fields: Partial<ProblemFields>;
  try {
    fields = JSON.parse(text) as Partial<ProblemFields>;
  } catch (error) {
    return notOurs(response, error);
  }
  if (typeof fields?.code !== "string" || typeof fields.detail !== "string") return notOurs(response, undefined);
  return new ApiProblem({
    status: response.status,
    code: fields.code,
    detail: fields.detail,
    hint: fields.hint ?? "",
    requestId: fields.requestId ?? "",
  });
}

function unreachable(cause: unknown): ApiProblem {
  return new ApiProblem(
    {
      status: 0,
      code: "not_reachable",
      detail: "The daemon does not answer.",
      hint: "Is it running? `servent status` tells.",
      requestId: "",
    },
    { cause },
  );
}

function tooSlow(cause: unknown): ApiProblem {
  return new ApiProblem(
    {
      status: 0,
      code: "timeout",
      detail: `No answer within ${TIMEOUT_MS / 1000} seconds.`,
      hint: "It may be busy; try again.",
      requestId: "",
    },
    { cause },
  );
}

function notOurs(response: Response, cause: unknown): ApiProblem {
  return new ApiProblem(
    {
      status: response.status,
      code: "bad_answer",
      detail: `Something other than the daemon answered (status ${response.status}).`,
      hint: "Is a proxy in between?",
      requestId: "",
    },
    { cause },
  );
}
