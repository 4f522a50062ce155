// Everything that goes in and out, once: these schemas check requests, write answers, type the handlers and
// make the OpenAPI document. Sizes in bytes, rates in bytes/s, durations in ms, times RFC 3339 UTC.
import { Type, type Static, type TProperties, type TSchema } from "typebox";

/** What an answer may be built from: the contracts of the product hand out readonly objects. */
export type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type Answer<S extends TSchema> = DeepReadonly<Static<S>>;

/** `anyOf` with null would be tried branch by branch for each value of a long list; a list of types is read once. */
const nullable = <T extends "string" | "number" | "integer" | "boolean">(type: T) =>
  Type.Unsafe<(T extends "string" ? string : T extends "boolean" ? boolean : number) | null>({ type: [type, "null"] });

const oneOf = <const T extends readonly string[]>(values: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: "string", enum: [...values], ...options });

const exact = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });

export const list = <S extends TSchema>(plural: string, item: S) =>
  Type.Object({
    schema: Type.Literal(`servent.${plural}/1`),
    items: Type.Array(item),
    next: nullable("string"),
    total: Type.Integer(),
  });

const time = Type.String({ format: "date-time" });

// Networks, in the order in which they came to be.
export const NETWORKS = ["napster", "gnutella", "fasttrack", "bittorrent", "chord", "pastry", "kelips"] as const;
export const SCOPES = ["read", "transfer", "share", "network", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

const NetworkIdSchema = oneOf(NETWORKS);
const EndpointSchema = Type.Object({ host: Type.String(), port: Type.Integer() });
const CountersSchema = Type.Record(Type.String(), Type.Number());

// ---- common requests

export const NoFields = exact({});
export const IdParams = exact({ id: Type.String({ minLength: 1, maxLength: 128 }) });
export const NetworkParams = exact({ id: NetworkIdSchema });
export const PageFields = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: "`next` of the page before." })),
};
const SortField = Type.Optional(
  Type.String({ maxLength: 128, description: "Field names, comma separated; `-` in front: largest first." }),
);
export const PageQuery = exact(PageFields);

// ---- problems

export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  hint: Type.String(),
  requestId: Type.String(),
});
export type Problem = Static<typeof ProblemSchema>;

export const WhySchema = Type.Object({
  state: Type.String(),
  since: time,
  facts: Type.Array(Type.Object({ at: time, text: Type.String(), code: Type.String() })),
  actions: Type.Array(Type.Object({ label: Type.String(), method: Type.String(), href: Type.String() })),
});

// ---- networks and peers

export const NetworkSchema = Type.Object({
  id: NetworkIdSchema,
  enabled: Type.Boolean(),
  state: oneOf(["off", "starting", "connecting", "online", "stopping", "failed"]),
  since: time,
  liveness: Type.String({ description: "What it does or lacks, as one sentence." }),
  role: Type.String(),
  endpoint: Type.Union([EndpointSchema, Type.Null()], { description: "Where we listen." }),
  peers: Type.Integer(),
  servers: Type.Optional(
    Type.Array(
      Type.Object({
        endpoint: EndpointSchema,
        state: oneOf(["online", "connecting", "waiting", "refused"]),
        nick: Type.String({ description: "Our name there; empty while we are not." }),
        users: Type.Integer(),
        files: Type.Integer(),
        problem: Type.String({ description: "Why it did not work last time." }),
      }),
      { description: "Of a network that has servers: those that matter first, at most 20." },
    ),
  ),
  counters: CountersSchema,
});

export const NetworkChange = exact({
  enabled: Type.Optional(Type.Boolean()),
  role: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  links: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
});

const EndpointText = Type.String({ minLength: 3, maxLength: 262, examples: ["127.0.0.5:6346"] });
const EntryText = Type.String({
  minLength: 3,
  maxLength: 400,
  description: "As in the setting network.<id>.bootstrap; for Napster it may begin with tls: or redirect:.",
  examples: ["127.0.0.5:6346", "tls:192.0.2.7:8889", "redirect:192.0.2.8:8875"],
});
export const BootstrapRequest = exact({ peers: Type.Array(EntryText, { minItems: 1, maxItems: 256 }) });

export const PeerSchema = Type.Object({
  id: Type.String(),
  network: NetworkIdSchema,
  endpoint: EndpointSchema,
  state: oneOf(["dialling", "handshaking", "open"]),
  inbound: Type.Boolean(),
  role: Type.String(),
  vendor: Type.String(),
  ageMs: Type.Number(),
  messagesIn: Type.Number(),
  messagesOut: Type.Number(),
  bytesIn: Type.Number(),
  bytesOut: Type.Number(),
});
export const PeerQuery = exact({ network: Type.Optional(NetworkIdSchema), ...PageFields });
export const ConnectRequest = exact({ network: NetworkIdSchema, endpoint: EndpointText });
export const ConnectAnswer = Type.Object({ network: NetworkIdSchema, endpoint: EndpointSchema });

const DhtPeerFields = { id: Type.String({ description: "Hexadecimal." }), endpoint: EndpointSchema };
const DhtPeerSchema = Type.Object(DhtPeerFields);
const DhtNodeSchema = Type.Object({
  ...DhtPeerFields,
  state: Type.String(),
  records: Type.Integer({ description: "Kept for others." }),
  entries: Type.Array(
    Type.Object({
      ...DhtPeerFields,
      role: Type.String({ description: "`predecessor`, `successor`, `finger`." }),
      place: Type.Integer({ description: "The number of a successor, the exponent of a finger." }),
      distance: Type.Number({ description: "From us, as a share of all ids: 0 to 1." }),
    }),
  ),
});
export const DhtTableSchema = Type.Object({ network: NetworkIdSchema, nodes: Type.Array(DhtNodeSchema) });

export const DhtLookupRequest = exact({
  key: Type.String({
    minLength: 1,
    maxLength: 512,
    description: "A URN, a SHA-1 in base32, an id in hexadecimal, `name:…`, `word:…`, or words.",
    examples: ["word:tide"],
  }),
  records: Type.Optional(Type.Boolean({ default: false, description: "Bring what is kept under the key, too." })),
});
export const DhtLookupSchema = Type.Object({
  network: NetworkIdSchema,
  key: Type.String({ description: "Hexadecimal." }),
  text: Type.String({ description: "What the key is the hash of; empty where the key itself was given." }),
  owner: Type.Union([DhtPeerSchema, Type.Null()], { description: "Null: nobody who answers was found." }),
  followers: Type.Array(DhtPeerSchema),
  hops: Type.Array(Type.Object({ ...DhtPeerFields, ms: nullable("number") }), {
    description: "Peers in the order in which they were asked; `ms` is null where one was silent.",
  }),
  ms: Type.Number(),
  records: Type.Union([
    Type.Array(
      Type.Object({
        provider: EndpointSchema,
        name: Type.String(),
        size: Type.Number(),
        urns: Type.Array(Type.String()),
        bytes: Type.Integer(),
        holders: Type.Array(EndpointSchema),
      }),
    ),
    Type.Null(),
  ]),
});

// ---- searches

const FileTypeSchema = oneOf(["audio", "video", "image", "text", "archive", "app", "other"]);

export const SearchSchema = Type.Object({
  id: Type.String(),
  words: Type.String(),
  urn: nullable("string"),
  state: oneOf(["running", "done", "stopped"]),
  networks: Type.Array(NetworkIdSchema),
  files: Type.Integer(),
  hits: Type.Integer(),
  messages: Type.Integer(),
  bytes: Type.Integer(),
  startedAt: time,
  durationMs: Type.Number(),
  ending: Type.Optional(oneOf(["time", "answered", "full"])),
  notes: Type.Array(
    Type.Object({
      network: NetworkIdSchema,
      code: oneOf(["not_asked", "partial", "no_user"]),
      text: Type.String(),
    }),
    { description: "Of networks that asked nobody, gave a part of what they have, or know no such user." },
  ),
});

export const SearchCreate = exact({
  words: Type.Optional(
    Type.String({
      maxLength: 255,
      description: "`@anna`: all that this user shares, of networks that know users by name.",
    }),
  ),
  urn: Type.Optional(Type.String({ maxLength: 255 })),
  networks: Type.Optional(Type.Array(NetworkIdSchema, { minItems: 1, maxItems: NETWORKS.length })),
  type: Type.Optional(FileTypeSchema),
  minBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  maxBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  extension: Type.Optional(Type.String({ pattern: "^[a-z0-9_-]{1,16}$" })),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 600_000 })),
});

// `locator` and `likeness` of a source are the adapter's own business and stay inside.
const SourceSchema = Type.Object({
  network: NetworkIdSchema,
  key: Type.String(),
  peer: Type.String(),
  name: Type.String(),
  size: Type.Number(),
  urns: Type.Array(Type.String()),
  firewalled: Type.Boolean(),
});

export const FileGroupSchema = Type.Object({
  number: Type.Integer({ description: "What people type after `get`; fixed once given." }),
  id: Type.String(),
  name: Type.String(),
  names: Type.Array(Type.String()),
  size: Type.Number(),
  type: FileTypeSchema,
  urns: Type.Array(Type.String()),
  networks: Type.Array(NetworkIdSchema),
  sources: Type.Array(SourceSchema),
  health: oneOf(["ready", "busy", "push", "unreachable"]),
  match: oneOf(["strong", "probable"]),
  have: Type.Boolean(),
  transfer: nullable("string"),
});
export const ResultQuery = exact({
  sort: SortField,
  filter: Type.Optional(
    Type.String({
      maxLength: 255,
      description: "Words and terms: `tide -live size>1MB net:gnutella ext:ogg type:audio`",
    }),
  ),
  ...PageFields,
});

// ---- transfers

const TRANSFER_STATES = [
  "queued",
  "finding",
  "waiting",
  "active",
  "checking",
  "done",
  "paused",
  "failed",
  "cancelled",
] as const;
const TRANSFER_REASONS = [
  "no_sources",
  "remote_queue",
  "remote_busy",
  "backoff",
  "both_firewalled",
  "limit",
  "schedule",
  "disk_full",
  "hash_mismatch",
  "refused",
  "peer_gone",
  "network_off",
  "permission",
  "name_conflict",
  "interface_down",
  "user",
] as const;
const PrioritySchema = oneOf(["low", "normal", "high"]);

const TransferFields = {
  id: Type.String(),
  direction: oneOf(["down", "up"]),
  name: Type.String(),
  state: oneOf(TRANSFER_STATES),
  reason: Type.Unsafe<(typeof TRANSFER_REASONS)[number] | null>({
    type: ["string", "null"],
    enum: [...TRANSFER_REASONS, null],
  }),
  text: Type.String({ description: "The state and its reason as one sentence." }),
  size: nullable("number"),
  bytesDone: Type.Number(),
  rate: Type.Number(),
  leftMs: nullable("number"),
  urns: Type.Array(Type.String()),
  priority: PrioritySchema,
  sources: Type.Array(
    Type.Object({
      network: NetworkIdSchema,
      peer: Type.String(),
      state: oneOf(["idle", "connecting", "active", "queued", "backoff", "dropped"]),
      note: Type.String(),
      rate: Type.Number(),
      bytes: Type.Number(),
      position: Type.Integer(),
      retryAt: nullable("string"),
    }),
  ),
  verified: Type.Unsafe<"sha1" | "tiger" | "none" | null>({
    type: ["string", "null"],
    enum: ["sha1", "tiger", "none", null],
  }),
  path: nullable("string"),
  peer: nullable("string"),
  addedAt: time,
  changedAt: time,
};
export const TransferSchema = Type.Object(TransferFields);
export const TransferCreated = Type.Object({ ...TransferFields, created: Type.Boolean() });

export const TransferQuery = exact({
  state: Type.Optional(oneOf(TRANSFER_STATES)),
  direction: Type.Optional(oneOf(["down", "up"])),
  sort: SortField,
  ...PageFields,
});

const LinkText = Type.String({ minLength: 1, maxLength: 8192 });
export const TransferCreate = Type.Object(
  {
    hit: Type.Optional(
      exact({
        searchId: Type.String({ minLength: 1, maxLength: 128, description: "`latest`: the search started last." }),
        number: Type.Integer({ minimum: 1 }),
      }),
    ),
    urn: Type.Optional(LinkText),
    magnet: Type.Optional(LinkText),
    link: Type.Optional(LinkText),
    to: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: "Folder, as a full path." })),
    priority: Type.Optional(PrioritySchema),
  },
  { additionalProperties: false, description: "Exactly one of hit, urn, magnet and link." },
);
export const TransferChange = exact({ priority: PrioritySchema });
export const TransferMove = exact({ where: oneOf(["first", "last", "up", "down"]) });
export const ParseRequest = exact({ text: LinkText });
export const ParseAnswer = Type.Object({
  name: Type.String(),
  size: nullable("number"),
  urns: Type.Array(Type.String()),
  sources: Type.Array(SourceSchema),
});
export const BatchRequest = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.String({ maxLength: 128 }), { minItems: 1, maxItems: 10_000 })),
    state: Type.Optional(oneOf(TRANSFER_STATES)),
    action: oneOf(["pause", "resume", "retry", "cancel", "remove"]),
  },
  { additionalProperties: false, description: "Either ids or state." },
);
export const BatchAnswer = Type.Object({
  done: Type.Array(Type.String(), { description: "Ids that changed." }),
  failed: Type.Array(Type.Object({ id: Type.String(), code: Type.String(), detail: Type.String() })),
});

// ---- shares and files

export const ShareSchema = Type.Object({
  id: Type.String(),
  path: Type.String(),
  as: Type.String(),
  exclude: Type.Array(Type.String()),
  files: Type.Integer(),
  bytes: Type.Number(),
  scannedAt: nullable("string"),
  progress: Type.Object({
    state: oneOf(["idle", "scanning", "hashing"]),
    filesFound: Type.Integer(),
    filesHashed: Type.Integer(),
    bytesHashed: Type.Number(),
    bytesToHash: Type.Number(),
    current: Type.String(),
  }),
  problems: Type.Integer(),
  watched: Type.Boolean(),
  watchNote: Type.String(),
});
export const ShareCreated = Type.Object({ ...ShareSchema.properties, created: Type.Boolean() });
export const ShareCreate = exact({
  path: Type.String({ minLength: 1, maxLength: 4096 }),
  as: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  exclude: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 256 })),
});
export const SharePreviewSchema = Type.Object({
  path: Type.String(),
  files: Type.Integer(),
  bytes: Type.Number(),
  largest: Type.Array(Type.Object({ path: Type.String(), size: Type.Number() })),
  excluded: Type.Array(Type.Object({ path: Type.String(), why: Type.String() })),
  truncated: Type.Boolean(),
});
export const ShareProblemSchema = Type.Object({
  path: Type.String(),
  code: oneOf(["unreadable", "changed_while_hashing", "bad_name", "vanished", "outside"]),
  text: Type.String(),
  at: time,
});

export const FileSchema = Type.Object({
  index: Type.Integer(),
  shareId: Type.String(),
  path: Type.String({ description: "As peers see it: the share's name, then folders and file." }),
  name: Type.String(),
  size: Type.Number(),
  modifiedAt: time,
  sharedAt: time,
  urns: Type.Array(Type.String(), { description: "Empty until hashed; only hashed files are offered." }),
});
export const FileQuery = exact({ filter: Type.Optional(Type.String({ maxLength: 255 })), ...PageFields });
export const FileParams = exact({ index: Type.Integer({ minimum: 1 }) });

// ---- limits and settings

const Rate = Type.Integer({ minimum: 0, description: "Bytes per second; 0: free." });
export const LimitsSchema = Type.Object({
  down: Rate,
  up: Rate,
  slow: Type.Object({ enabled: Type.Boolean(), down: Rate, up: Rate }),
});
export const LimitsPatch = exact({
  down: Type.Optional(Rate),
  up: Type.Optional(Rate),
  slow: Type.Optional(
    exact({ enabled: Type.Optional(Type.Boolean()), down: Type.Optional(Rate), up: Type.Optional(Rate) }),
  ),
});

export const SettingSchema = Type.Object({
  key: Type.String(),
  value: Type.Unknown(),
  default: Type.Unknown(),
  origin: Type.String({ description: "`default`, or the file with its line, the variable or the flag." }),
  pinned: Type.Boolean({ description: "Set where we never write: it can only be changed there." }),
  restart: Type.Boolean({ description: "A change needs a restart." }),
  restartPending: Type.Boolean({ description: "It was changed and waits for a restart." }),
  description: Type.String(),
});
export const SettingsPatch = Type.Record(Type.String(), Type.Unknown(), {
  description: "New values by key; null: back to the default. All or none.",
  maxProperties: 256,
});
export const ReloadAnswer = Type.Object({ changed: Type.Array(Type.String()) });

// ---- system, access, log

const IndexServerSchema = Type.Object({
  state: oneOf(["starting", "on", "failed"]),
  clear: nullable("string"),
  tls: nullable("string"),
  users: Type.Integer(),
  files: Type.Integer(),
  reason: Type.String({ description: "Why it failed." }),
});
export const SystemSchema = Type.Object({
  version: Type.String(),
  profile: Type.String(),
  demo: Type.Boolean(),
  pid: Type.Integer(),
  uptimeMs: Type.Number(),
  startedAt: time,
  paths: Type.Object({
    config: Type.String(),
    data: Type.String(),
    state: Type.String(),
    downloads: Type.String(),
    incomplete: Type.String(),
    log: Type.String(),
  }),
  httpUrl: nullable("string"),
  socket: nullable("string"),
  networks: Type.Array(NetworkSchema),
  indexServer: Type.Union([IndexServerSchema, Type.Null()], { description: "Null: it is off." }),
  peers: Type.Integer(),
  files: Type.Integer(),
  sharedBytes: Type.Number(),
  rateDown: Type.Number(),
  rateUp: Type.Number(),
  transfers: Type.Record(Type.String(), Type.Integer(), { description: "Transfers per state." }),
  searches: Type.Integer({ description: "Searches that run now." }),
});
export const ShutdownAnswer = Type.Object({ stopping: Type.Boolean() });
export const LoginCodeSchema = Type.Object({
  code: Type.String(),
  url: nullable("string"),
  expiresAt: time,
});
export const LoginRequest = exact({
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
});
export const SessionSchema = Type.Object({
  via: oneOf(["socket", "token", "cookie"]),
  scopes: Type.Array(oneOf(SCOPES)),
  expiresAt: nullable("string"),
});

export const TokenSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(oneOf(SCOPES)),
  createdAt: time,
  expiresAt: nullable("string"),
  usedAt: nullable("string"),
});
export const TokenCreated = Type.Object({
  ...TokenSchema.properties,
  secret: Type.String({ description: "Shown this once." }),
});
export const TokenCreate = exact({
  name: Type.Optional(Type.String({ maxLength: 64 })),
  scopes: Type.Array(oneOf(SCOPES), { minItems: 1, maxItems: SCOPES.length }),
  expiresInMs: Type.Optional(Type.Integer({ minimum: 1000 })),
});

export const LogEntrySchema = Type.Object({
  at: time,
  level: oneOf(["debug", "info", "warn", "error"]),
  area: Type.String(),
  message: Type.String(),
  fields: Type.Record(Type.String(), Type.Unknown()),
});
export const LogQuery = exact({
  level: Type.Optional(oneOf(["debug", "info", "warn", "error"])),
  area: Type.Optional(Type.String({ maxLength: 64 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
});
export const DoctorCheckSchema = Type.Object({
  id: Type.String(),
  ok: Type.Boolean(),
  level: oneOf(["ok", "warn", "fail"]),
  title: Type.String(),
  detail: Type.String(),
  fix: Type.String(),
});

export const EventQuery = exact({
  types: Type.Optional(Type.String({ maxLength: 512, examples: ["transfer.*,search.hit"] })),
  since: Type.Optional(Type.Integer({ minimum: 0, description: "Id of the last event seen." })),
});
export const EventSchema = Type.Object({
  id: nullable("integer"),
  at: time,
  type: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
});
