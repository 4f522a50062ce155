// What the scripted server answers to each request.
import type { FileGroup, NetworkId, Transfer } from "./shapes.ts";
import type { World } from "./world.ts";

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

interface Ask {
  readonly world: World;
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

type Handle = (ask: Ask) => Answer;

const ok = (body: unknown): Answer => ({ status: 200, body });
export const problem = (status: number, code: string, detail: string, hint = ""): Answer => ({
  status,
  body: { type: `https://servent.invalid/p/${code}`, title: code, status, code, detail, hint, requestId: "q_1" },
});
const missing = (what: string) => problem(404, "not_found", `There is no ${what}.`, "It may be gone.");

function listed<T>(plural: string, rows: readonly T[], query: URLSearchParams): Answer {
  const start = Number(query.get("cursor")?.slice(1) ?? 0);
  const end = start + Number(query.get("limit") ?? 100);
  const next = end < rows.length ? `o${end}` : null;
  return ok({ schema: `servent.${plural}/1`, items: rows.slice(start, end), next, total: rows.length });
}

function sorted<T>(rows: readonly T[], sort: string | null): readonly T[] {
  if (sort === null) return rows;
  const sign = sort.startsWith("-") ? -1 : 1;
  const field = sort.replace(/^-/, "") as keyof T;
  return rows.toSorted((a, b) => (a[field] === b[field] ? 0 : a[field] < b[field] ? -sign : sign));
}

const ROUTES: readonly (readonly [string, RegExp, Handle])[] = [
  [
    "GET",
    /^system$/,
    ({ world }) => {
      const transfers: Record<string, number> = {};
      for (const { state } of world.transfers) transfers[state] = (transfers[state] ?? 0) + 1;
      const active = world.transfers.filter(({ state }) => state === "active");
      const rate = (direction: Transfer["direction"]) =>
        active.filter((row) => row.direction === direction).reduce((sum, row) => sum + row.rate, 0);
      return ok({
        version: "0.1.0",
        profile: world.options.demo ? "demo" : "default",
        demo: world.options.demo,
        pid: 4711,
        uptimeMs: Date.now() - world.startedAt,
        startedAt: new Date(world.startedAt).toISOString(),
        paths: {
          config: "/home/demo/.config/servent",
          data: "/home/demo/.local/share/servent",
          state: "/home/demo/.local/state/servent",
          downloads: "/home/demo/Downloads/servent",
          incomplete: "/home/demo/.local/state/servent/incomplete",
          log: "/home/demo/.local/state/servent/log",
        },
        httpUrl: "http://127.0.0.1:7390",
        socket: null,
        networks: world.networks,
        indexServer: null,
        peers: world.peers.length,
        files: 312,
        sharedBytes: 3_161_000_000,
        rateDown: rate("down"),
        rateUp: rate("up") + 83_000,
        transfers,
        searches: world.searches.filter(({ state }) => state === "running").length,
      });
    },
  ],
  ["GET", /^networks$/, ({ world, query }) => listed("networks", world.networks, query)],
  [
    "PATCH",
    /^networks\/(\w+)$/,
    ({ world, params: [id], body }) => {
      const network = world.networks.find((each) => each.id === id);
      if (network === undefined) return missing("network");
      const { enabled, role } = body as { enabled?: boolean; role?: string };
      if (enabled !== undefined && enabled !== network.enabled) world.setNetwork(network, enabled);
      if (role !== undefined) network.role = role;
      return ok(network);
    },
  ],
  [
    "POST",
    /^networks\/(\w+)\/bootstrap$/,
    ({ world, params: [id] }) => ok(world.networks.find((each) => each.id === id)),
  ],
  [
    "GET",
    /^networks\/(\w+)\/why$/,
    ({ world, params: [id] }) => {
      const network = world.networks.find((each) => each.id === id);
      if (network === undefined) return missing("network");
      return ok({
        state: network.state,
        since: new Date(world.startedAt).toISOString(),
        facts: [
          {
            at: new Date(world.startedAt).toISOString(),
            text: `It listens at ${network.endpoint?.host ?? "nothing"}.`,
            code: "listening",
          },
          { at: new Date(world.startedAt + 900).toISOString(), text: network.liveness, code: "liveness" },
        ],
        actions: [{ label: "Name a peer to ask", method: "POST", href: `/api/v1/networks/${id}/bootstrap` }],
      });
    },
  ],
  [
    "GET",
    /^peers$/,
    ({ world, query }) =>
      listed(
        "peers",
        world.peers.filter((peer) => (query.get("network") ?? peer.network) === peer.network),
        query,
      ),
  ],
  ["POST", /^peers$/, ({ body }) => ({ status: 202, body })],
  [
    "DELETE",
    /^peers\/(\w+)$/,
    ({ world, params: [id] }) => {
      const at = world.peers.findIndex((peer) => peer.id === id);
      if (at < 0) return missing("peer");
      world.emit("peer.down", { peer: world.peers.splice(at, 1)[0], reason: "by you" });
      return { status: 204 };
    },
  ],

  ["GET", /^searches$/, ({ world, query }) => listed("searches", world.searches, query)],
  [
    "POST",
    /^searches$/,
    ({ world, body }) => {
      if (!world.networks.some(({ enabled }) => enabled))
        return problem(
          409,
          "network_off",
          "No network is on, so nobody can be asked.",
          "Switch one on: `servent networks enable gnutella`.",
        );
      const { words, networks } = body as { words?: string; networks?: NetworkId[] };
      return { status: 201, body: world.startSearch(words ?? "", networks) };
    },
  ],
  [
    "DELETE",
    /^searches\/(\w+)$/,
    ({ world, params: [id] }) => {
      const at = world.searches.findIndex((search) => search.id === id);
      if (at < 0) return missing("search");
      world.searches.splice(at, 1);
      return { status: 204 };
    },
  ],
  [
    "POST",
    /^searches\/(\w+)\/(stop|again)$/,
    ({ world, params: [id, act] }) => {
      const search = world.searches.find((each) => each.id === id);
      if (search === undefined) return missing("search");
      if (act === "again")
        return { status: 201, body: world.startSearch(search.words, search.networks as NetworkId[]) };
      world.endSearch(search, "stopped");
      return ok(search);
    },
  ],
  [
    "GET",
    /^searches\/(\w+)\/results$/,
    ({ world, params: [id], query }) => {
      const found = world.results.get(id as string);
      if (found === undefined) return missing("search");
      const filter = query.get("filter")?.toLowerCase() ?? "";
      if (filter.startsWith("size>")) {
        return /^size>\d+mb$/.test(filter)
          ? listed(
              "results",
              found.filter(({ size }) => size > Number.parseInt(filter.slice(5), 10) * 1e6),
              query,
            )
          : problem(400, "invalid_value", `"${filter.slice(5)}" is no size.`, 'Write it like "size>1MB".');
      }
      return listed(
        "results",
        found.filter(({ name }) => name.toLowerCase().includes(filter)),
        query,
      );
    },
  ],
  [
    "GET",
    /^searches\/(\w+)\/why$/,
    ({ world, params: [id] }) => {
      const search = world.searches.find((each) => each.id === id);
      if (search === undefined) return missing("search");
      return ok({
        state: search.state,
        since: search.startedAt,
        facts: search.networks.map((network) => ({
          at: search.startedAt,
          text: `${network} was asked with 71 messages and gave ${search.files} hits.`,
          code: "network_asked",
        })),
        actions: [{ label: "Search again", method: "POST", href: `/api/v1/searches/${id}/again` }],
      });
    },
  ],

  [
    "GET",
    /^transfers$/,
    ({ world, query }) => {
      const [state, direction] = [query.get("state"), query.get("direction")];
      const rows = world.transfers.filter(
        (row) => (state ?? row.state) === row.state && (direction ?? row.direction) === row.direction,
      );
      return listed("transfers", sorted(rows, query.get("sort")), query);
    },
  ],
  [
    "POST",
    /^transfers$/,
    ({ world, body }) => {
      const { hit, magnet, urn, link } = body as {
        hit?: { searchId: string; number: number };
        magnet?: string;
        urn?: string;
        link?: string;
      };
      const group: FileGroup | undefined =
        hit && world.results.get(hit.searchId)?.find(({ number }) => number === hit.number);
      if (hit !== undefined && group === undefined) return missing("result");
      const { transfer, created } = world.addTransfer(
        group,
        group?.name ?? magnet ?? urn ?? link ?? "",
        group?.size ?? null,
      );
      return { status: created ? 201 : 200, body: { ...transfer, created } };
    },
  ],
  [
    "POST",
    /^transfers\/parse$/,
    ({ body }) => {
      const text = String(body.text);
      if (!/^(magnet|urn):/.test(text))
        return problem(400, "invalid_value", "This is no magnet, URN or link.", "Paste it whole.");
      return ok({
        name: /dn=([^&]*)/.exec(text)?.[1] ?? text,
        size: 812_004,
        urns: [/urn:[\w:]+/.exec(text)?.[0] ?? ""],
        sources: [],
      });
    },
  ],
  [
    "POST",
    /^transfers\/batch$/,
    ({ world, body }) => {
      const { ids, state, action } = body as { ids?: string[]; state?: string; action: string };
      const rows = world.transfers.filter((row) => ids?.includes(row.id) ?? row.state === state);
      const failed: unknown[] = [];
      for (const row of rows)
        if (!act(world, row, action)) failed.push({ id: row.id, code: "conflict", detail: `It is ${row.state}.` });
      return ok({ done: rows.map(({ id }) => id), failed });
    },
  ],
  [
    "GET",
    /^transfers\/(\w+)$/,
    ({ world, params: [id] }) => {
      const row = world.transfers.find((each) => each.id === id);
      return row === undefined ? missing("transfer") : ok(row);
    },
  ],
  [
    "PATCH",
    /^transfers\/(\w+)$/,
    ({ world, params: [id], body }) => {
      const row = world.transfers.find((each) => each.id === id);
      if (row === undefined) return missing("transfer");
      world.setTransfer(row, { priority: body.priority as Transfer["priority"] });
      return ok(row);
    },
  ],
  [
    "POST",
    /^transfers\/(\w+)\/(pause|resume|retry|cancel|move)$/,
    ({ world, params: [id, action] }) => {
      const row = world.transfers.find((each) => each.id === id);
      if (row === undefined) return missing("transfer");
      return action === "move" || act(world, row, action as string)
        ? ok(row)
        : problem(409, "conflict", `It is ${row.state}.`);
    },
  ],
  [
    "GET",
    /^transfers\/(\w+)\/why$/,
    ({ world, params: [id] }) => {
      const row = world.transfers.find((each) => each.id === id);
      return row === undefined ? missing("transfer") : ok(whyTransfer(row));
    },
  ],

  ["GET", /^shares$/, ({ world, query }) => listed("shares", world.shares, query)],
  [
    "POST",
    /^shares\/preview$/,
    ({ body }) => {
      const path = String(body.path);
      if (path === "/" || path === "/home/demo")
        return problem(403, "share_refused", `${path} is too much to share.`, "Choose a folder inside it.");
      if (!path.startsWith("/"))
        return problem(400, "share_unreadable", `${path} is no full path.`, "Begin it with /.");
      const isEmpty = path.includes("empty");
      return ok({
        path,
        files: isEmpty ? 0 : 164,
        bytes: isEmpty ? 0 : 1_900_000_000,
        truncated: false,
        largest: isEmpty
          ? []
          : [
              { path: "tape/side 1.flac", size: 412_000_000 },
              { path: "tape/side 2.flac", size: 398_000_000 },
              { path: "notes <b>.pdf", size: 2_100_000 },
            ],
        excluded: [
          { path: ".cache", why: "hidden" },
          { path: "Thumbs.db", why: "junk of the system" },
          { path: "link", why: "a symbolic link" },
        ],
      });
    },
  ],
  [
    "POST",
    /^shares$/,
    ({ world, body }) => {
      const path = String(body.path);
      const share = {
        id: `sh_${world.shares.length + 1}`,
        path,
        as: (body.as as string | undefined) ?? path.split("/").at(-1) ?? "share",
        exclude: [],
        files: 0,
        bytes: 0,
        scannedAt: null,
        progress: {
          state: "scanning" as const,
          filesFound: 0,
          filesHashed: 0,
          bytesHashed: 0,
          bytesToHash: 0,
          current: "",
        },
        problems: 0,
        watched: true,
        watchNote: "",
      };
      world.shares.push(share);
      world.emit("share.changed", { share });
      return { status: 201, body: { ...share, created: true } };
    },
  ],
  [
    "POST",
    /^shares\/(\w+)\/(scan|cancel)$/,
    ({ world, params: [id, action] }) => {
      const share = world.shares.find((each) => each.id === id);
      if (share === undefined) return missing("share");
      share.progress = {
        ...share.progress,
        state: action === "scan" ? "scanning" : "idle",
        filesFound: 0,
        filesHashed: 0,
      };
      world.emit("share.scan", { share });
      return { status: 202, body: share };
    },
  ],
  [
    "DELETE",
    /^shares\/(\w+)$/,
    ({ world, params: [id] }) => {
      const at = world.shares.findIndex((share) => share.id === id);
      if (at < 0) return missing("share");
      world.shares.splice(at, 1);
      world.emit("share.changed", { shareId: id });
      return { status: 204 };
    },
  ],
  [
    "GET",
    /^shares\/(\w+)\/problems$/,
    ({ world, params: [id], query }) => listed("problems", world.problems.get(id as string) ?? [], query),
  ],

  ["GET", /^limits$/, ({ world }) => ok(world.limits)],
  [
    "PATCH",
    /^limits$/,
    ({ world, body }) => {
      const { slow, ...rates } = body as { slow?: object };
      world.limits = { ...world.limits, ...rates, slow: { ...world.limits.slow, ...slow } };
      world.emit("limit.changed", { limits: world.limits });
      return ok(world.limits);
    },
  ],
  ["GET", /^settings$/, ({ world, query }) => listed("settings", world.settings, query)],
  [
    "PATCH",
    /^settings$/,
    ({ world, body }) => {
      const changed = world.settings.filter(({ key }) => key in body);
      for (const setting of changed) {
        const value: unknown = body[setting.key];
        if (setting.key === "transfers.activeDown" && typeof value !== "number" && value !== null) {
          return problem(400, "invalid_value", `transfers.activeDown must be a whole number, 1 to 1000.`, "");
        }
        Object.assign(setting, {
          value: value ?? setting.default,
          origin: value === null ? "default" : "settings.json",
        });
      }
      return listed("settings", changed, new URLSearchParams());
    },
  ],
];

function act(world: World, row: Transfer, action: string): boolean {
  const { state } = row;
  const hasEnded = state === "done" || state === "cancelled";
  if (action === "remove") {
    world.transfers = world.transfers.filter((each) => each !== row);
    world.emit("transfer.state", { id: row.id, removed: true });
    return true;
  }
  if (hasEnded && action !== "retry") return false;
  if (action === "pause")
    world.setTransfer(row, { state: "paused", reason: "user", text: "Paused by you.", rate: 0, leftMs: null });
  if (action === "resume" || action === "retry")
    world.setTransfer(row, { state: "active", reason: null, text: "Active: 2 sources send.", rate: 300_000 });
  if (action === "cancel")
    world.setTransfer(row, { state: "cancelled", reason: "user", text: "Cancelled by you.", rate: 0, leftMs: null });
  return true;
}

function whyTransfer(row: Transfer) {
  const href = `/api/v1/transfers/${row.id}`;
  const at = (ms: number) => new Date(Date.parse(row.addedAt) + ms).toISOString();
  return {
    state: row.state,
    since: row.changedAt,
    facts: [
      { at: at(0), text: "You added it from a search.", code: "added" },
      { at: at(2100), text: "3 sources were found on gnutella and bittorrent.", code: "sources_found" },
      { at: at(9000), text: "127.0.0.9:6348 sent wrong bytes for piece 3 and was dropped.", code: "bad_piece" },
      { at: at(31_000), text: row.text, code: row.reason ?? row.state },
    ],
    actions: [
      ...(row.state === "paused"
        ? [{ label: "Resume", method: "POST", href: `${href}/resume` }]
        : [{ label: "Pause", method: "POST", href: `${href}/pause` }]),
      { label: "Try again now", method: "POST", href: `${href}/retry` },
      { label: "Elsewhere", method: "POST", href: "https://example.invalid/steal" },
    ],
  };
}

export function answer(world: World, method: string, path: string, query: URLSearchParams, body: unknown): Answer {
  for (const [routeMethod, pattern, handle] of ROUTES) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match !== null) return handle({ world, params: match.slice(1), query, body: (body ?? {}) as Ask["body"] });
  }
  return problem(404, "not_found", `There is no ${method} ${path}.`);
}
