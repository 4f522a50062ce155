// Objects of the API, whole, for tests that need only a few of their fields.
import type { FileGroup, Network, Peer, Search, Share, System, Transfer } from "../client/shapes.ts";

export function sampleTransfer(fields: Partial<Transfer> = {}): Transfer {
  return {
    id: "t_7f",
    direction: "down",
    name: "tide-tables.txt",
    state: "active",
    reason: null,
    text: "It is arriving.",
    size: 3_100_000,
    bytesDone: 1_302_000,
    rate: 810_000,
    leftMs: 2000,
    urns: ["urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"],
    priority: "normal",
    sources: [sampleSource(), sampleSource({ peer: "127.0.0.6:6346" }), sampleSource({ network: "bittorrent" })],
    verified: null,
    path: null,
    peer: null,
    addedAt: "2026-01-01T11:59:00Z",
    changedAt: "2026-01-01T12:00:00Z",
    ...fields,
  };
}

export function sampleSource(fields: Partial<Transfer["sources"][number]> = {}): Transfer["sources"][number] {
  return {
    network: "gnutella",
    peer: "127.0.0.5:6346",
    state: "active",
    note: "",
    rate: 270_000,
    bytes: 434_000,
    position: 0,
    retryAt: null,
    ...fields,
  };
}

export function sampleSearch(fields: Partial<Search> = {}): Search {
  return {
    id: "s_4k2",
    words: "tide",
    urn: null,
    state: "running",
    networks: ["gnutella", "bittorrent", "chord", "kelips", "pastry"],
    files: 2,
    hits: 7,
    messages: 214,
    bytes: 31_000,
    startedAt: "2026-01-01T12:00:00Z",
    durationMs: 1800,
    notes: [],
    ...fields,
  };
}

export function sampleGroup(fields: Partial<FileGroup> = {}): FileGroup {
  const source = {
    network: "gnutella" as const,
    key: "gnutella 127.0.0.5:6346 3",
    peer: "127.0.0.5:6346",
    name: "tide-tables.txt",
    size: 812_000,
    urns: [],
    firewalled: false,
  };
  return {
    number: 1,
    id: "f_1",
    name: "tide-tables.txt",
    names: ["tide-tables.txt"],
    size: 812_000,
    type: "text",
    urns: ["urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"],
    networks: ["gnutella", "bittorrent", "chord"],
    sources: [source, { ...source, key: "2" }, { ...source, key: "3" }],
    health: "ready",
    match: "strong",
    have: false,
    transfer: null,
    ...fields,
  };
}

export function sampleNetwork(fields: Partial<Network> = {}): Network {
  return {
    id: "gnutella",
    enabled: true,
    state: "online",
    since: "2026-01-01T00:00:00.000Z",
    liveness: "Linked to 5 of the 6 neighbours it wants.",
    role: "ultrapeer",
    endpoint: { host: "127.0.0.1", port: 6346 },
    peers: 5,
    counters: { queriesIn: 214, bytesIn: 31_000 },
    ...fields,
  };
}

export function samplePeer(fields: Partial<Peer> = {}): Peer {
  return {
    id: "p_3",
    network: "gnutella",
    endpoint: { host: "127.0.0.5", port: 6346 },
    state: "open",
    inbound: false,
    role: "leaf",
    vendor: "Servent/0.1",
    ageMs: 192_000,
    messagesIn: 1204,
    messagesOut: 877,
    bytesIn: 31_000,
    bytesOut: 28_400,
    ...fields,
  };
}

export function sampleShare(fields: Partial<Share> = {}): Share {
  return {
    id: "f_a1",
    path: "/home/ann/music",
    as: "music",
    exclude: [],
    files: 312,
    bytes: 1_240_000_000,
    scannedAt: "2026-01-01T11:00:00Z",
    progress: { state: "idle", filesFound: 312, filesHashed: 312, bytesHashed: 0, bytesToHash: 0, current: "" },
    problems: 0,
    watched: true,
    watchNote: "",
    ...fields,
  };
}

export function sampleSystem(fields: Partial<System> = {}): System {
  return {
    version: "0.1.0",
    profile: "default",
    demo: false,
    pid: 4711,
    uptimeMs: 192_000,
    startedAt: "2026-01-01T11:56:48Z",
    paths: { config: "/c", data: "/d", state: "/s", downloads: "/home/ann/Downloads", incomplete: "/i", log: "/l" },
    httpUrl: "http://127.0.0.1:7390",
    socket: "/run/user/1000/servent/api.sock",
    networks: [sampleNetwork(), sampleNetwork({ id: "chord", enabled: false, state: "off", peers: 0, endpoint: null })],
    indexServer: null,
    peers: 5,
    files: 312,
    sharedBytes: 1_240_000_000,
    rateDown: 810_000,
    rateUp: 0,
    transfers: { active: 2, done: 5 },
    searches: 1,
    ...fields,
  };
}
