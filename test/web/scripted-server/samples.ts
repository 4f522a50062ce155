// Made-up content for the scripted server: the same for every run.
import type { FileGroup, Network, NetworkId, Peer, Share, Transfer, TransferState } from "./shapes.ts";

/** Small, fast and seeded: two runs must show the same page. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SUBJECTS = [
  "tide-tables",
  "tidepool at dawn",
  "low tide walk",
  "Tide and Time",
  "moonrise over the bay",
  "moon-phases-1920-2040",
  "Full Moon (field recording)",
  "forest floor",
  "boreal forest survey",
  "Forest birds, May",
  "harbour-charts",
  "wind and waves lecture 03",
  "coastal-erosion-study",
  "lighthouse keeper's log",
  "Seegras und Watt",
  "Carnet de mer",
];
const ENDINGS = ["txt", "ogg", "pdf", "flac", "mkv", "zip", "jpg", "epub", "csv", "tar.gz"];

/** Names as a hostile or careless peer may give them. */
const HOSTILE_NAMES = [
  "tide \u202Egpj.exe",
  "<img src=x onerror=alert(1)> tide.txt",
  "tide\nwith a line break\u0000and more.txt",
  "\u202A\u202B\u202Ctide\u2066\u2067 isolates.ogg",
  `tide ${"very ".repeat(40)}long name.tar.gz`,
  "جدول المد والجزر tide.pdf",
  "潮汐表 tide 🌊👩‍🔬.pdf",
  "tide\u200B\u00ADhidden\uFEFF.mp3",
];

const TYPES: Readonly<Record<string, FileGroup["type"]>> = {
  txt: "text",
  pdf: "text",
  epub: "text",
  csv: "text",
  ogg: "audio",
  flac: "audio",
  mp3: "audio",
  mkv: "video",
  jpg: "image",
  zip: "archive",
  "tar.gz": "archive",
  exe: "app",
};

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function sampleUrn(random: () => number): string {
  return `urn:sha1:${Array.from({ length: 32 }, () => LETTERS[Math.floor(random() * 32)]).join("")}`;
}

function sampleName(index: number, random: () => number): string {
  const subject = SUBJECTS[Math.floor(random() * SUBJECTS.length)];
  const ending = ENDINGS[Math.floor(random() * ENDINGS.length)];
  return index < SUBJECTS.length ? `${subject}.${ending}` : `${subject} ${index}.${ending}`;
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)] as T;

function samplePeer(random: () => number): string {
  return `127.0.0.${2 + Math.floor(random() * 24)}:${6346 + Math.floor(random() * 40)}`;
}

export function sampleGroup(number: number, words: string, random: () => number): FileGroup {
  const hostile = HOSTILE_NAMES[number - 4];
  const name = hostile?.replace("tide", words) ?? `${words} ${sampleName(number, random)}`;
  const ending = ENDINGS.find((each) => name.endsWith(each)) ?? "txt";
  const isWeak = number % 9 === 8;
  const urn = sampleUrn(random);
  const networks = (["gnutella", "bittorrent", "chord", "kelips"] as const).filter(
    (_, at) => at === 0 || random() < 0.3,
  );
  const size = Math.floor(2 ** (9 + random() * 21));
  const sources = Array.from({ length: 1 + Math.floor(random() ** 3 * 14) }, (_, at) => ({
    network: networks[at % networks.length] as NetworkId,
    key: `${urn} ${at}`,
    peer: samplePeer(random),
    name: at === 1 ? name.toUpperCase() : name,
    size,
    urns: isWeak ? [] : [urn],
    firewalled: random() < 0.2,
  }));
  const names = [...new Set(sources.map((source) => source.name))];
  return {
    number,
    id: `g_${words}_${number}`,
    name,
    names,
    size,
    type: TYPES[ending] ?? "other",
    urns: isWeak ? [] : [urn, `urn:ttroot:${LETTERS.slice(0, 7)}${urn.slice(9)}`],
    networks,
    sources,
    health: pick(["ready", "ready", "ready", "busy", "push", "unreachable"] as const, random),
    match: isWeak ? "probable" : "strong",
    have: random() < 0.06,
    transfer: null,
  };
}

const STATE_MIX: readonly (readonly [TransferState, number])[] = [
  ["active", 0.0006],
  ["waiting", 0.02],
  ["finding", 0.03],
  ["queued", 0.1],
  ["checking", 0.0002],
  ["paused", 0.05],
  ["failed", 0.03],
  ["cancelled", 0.02],
  ["done", 1],
];

const REASONS: Readonly<Record<TransferState, readonly (readonly [Transfer["reason"], string])[]>> = {
  queued: [["limit", "Queued: 8 downloads run already."]],
  finding: [["no_sources", "Finding sources: nobody who has it answered yet."]],
  waiting: [
    ["remote_queue", "Waiting: queued at 14 with the only source."],
    ["remote_busy", "Waiting: all 3 sources are busy; asked again in 40 s."],
    ["both_firewalled", "Waiting: neither the source nor we can be dialled."],
  ],
  active: [[null, "Active: 3 sources send."]],
  checking: [[null, "Checking the whole file against its hash."]],
  done: [[null, "Done: SHA-1 matches."]],
  paused: [
    ["user", "Paused by you."],
    ["disk_full", "Paused: less than 1 GB is free on the disk."],
  ],
  failed: [
    ["hash_mismatch", "Failed: what arrived does not match the hash."],
    ["permission", "Failed: the download folder may not be written."],
  ],
  cancelled: [["user", "Cancelled by you."]],
};

export function sampleTransfer(index: number, random: () => number, now: number, forced?: TransferState): Transfer {
  const roll = random();
  const state = forced ?? (STATE_MIX.find(([, until]) => roll < until)?.[0] as TransferState);
  const [reason, text] = pick(REASONS[state], random);
  // What is active must not end by itself in the middle of a test.
  const size = Math.floor(2 ** (forced === "active" ? 29 + random() * 2 : 16 + random() * 16));
  const name = HOSTILE_NAMES[index - 20] ?? sampleName(index, random);
  const isDone = state === "done";
  const rate = state === "active" ? Math.floor(30_000 + random() * 900_000) : 0;
  const bytesDone = isDone || state === "checking" ? size : state === "queued" ? 0 : Math.floor(size * random());
  const known = isDone ? 0 : Math.floor(random() * 6) + (state === "active" ? 2 : 0);
  return {
    id: `t_${index}`,
    direction: index % 10 === 9 ? "up" : "down",
    name,
    state,
    reason,
    text,
    size,
    bytesDone,
    rate,
    leftMs: rate === 0 ? null : ((size - bytesDone) / rate) * 1000,
    urns: [sampleUrn(random)],
    priority: "normal",
    sources: Array.from({ length: known }, (_, at) => ({
      network: pick(["gnutella", "bittorrent", "chord"] as const, random),
      peer: samplePeer(random),
      state: state === "active" && at < 2 ? "active" : pick(["queued", "backoff", "idle", "dropped"] as const, random),
      note: at === 3 ? "Sent wrong bytes for piece 3." : "",
      rate: state === "active" && at < 2 ? Math.floor(rate / 2) : 0,
      bytes: Math.floor(bytesDone / known),
      position: at === 2 ? 14 : 0,
      retryAt: null,
    })),
    verified: isDone ? "sha1" : null,
    path: isDone ? `/home/demo/Downloads/servent/${name}` : null,
    peer: index % 10 === 9 ? samplePeer(random) : null,
    addedAt: new Date(now - index * 61_000).toISOString(),
    changedAt: new Date(now - index * 7000).toISOString(),
  };
}

const NETWORK_TEXTS: Readonly<Record<NetworkId, readonly [string, string]>> = {
  napster: ["Off. A central index; there are no public servers any more.", "client"],
  gnutella: ["5 neighbours, 22 addresses known.", "ultrapeer"],
  fasttrack: ["Off. Supernodes found by their own list; use the demo or your own.", "leaf"],
  bittorrent: ["DHT with 19 nodes.", "node"],
  chord: ["Ring of 24 peers, stable.", "node"],
  pastry: ["Off.", "node"],
  kelips: ["6 groups, 4 contacts in each.", "node"],
};

export function sampleNetworks(enabled: readonly NetworkId[]): Network[] {
  return (Object.keys(NETWORK_TEXTS) as NetworkId[]).map((id, at) => {
    const isOn = enabled.includes(id);
    return {
      id,
      enabled: isOn,
      state: isOn ? "online" : "off",
      since: "2026-01-01T00:00:00.000Z",
      liveness: isOn ? NETWORK_TEXTS[id][0] : "Off.",
      role: NETWORK_TEXTS[id][1],
      endpoint: isOn ? { host: "127.0.0.1", port: 6346 + at } : null,
      peers: isOn ? 5 : 0,
      counters: (isOn
        ? {
            messagesIn: 4210 + at * 31,
            messagesOut: 3977 + at * 17,
            bytesIn: 512_332,
            bytesOut: 288_104,
            duplicates: 311,
            dropped: 4,
            knownHosts: 22,
          }
        : {}) as Network["counters"],
    };
  });
}

export function samplePeers(enabled: readonly NetworkId[], random: () => number): Peer[] {
  return enabled.flatMap((network) =>
    Array.from({ length: 5 }, (_, at) => ({
      id: `p_${network}_${at}`,
      network,
      endpoint: { host: `127.0.0.${2 + Math.floor(random() * 24)}`, port: 6346 + at },
      state: at === 4 ? ("handshaking" as const) : ("open" as const),
      inbound: at % 2 === 1,
      role: at === 0 ? "ultrapeer" : "leaf",
      vendor: pick(["Servent 0.1", "gtk-gnutella/1.2.2", "WireShare 6", "<b>Bold</b>\u202E"], random),
      ageMs: Math.floor(random() * 4_000_000),
      messagesIn: Math.floor(random() * 9000),
      messagesOut: Math.floor(random() * 9000),
      bytesIn: Math.floor(random() * 900_000),
      bytesOut: Math.floor(random() * 900_000),
    })),
  );
}

export function sampleShares(now: number): Share[] {
  const idle = { state: "idle", filesFound: 0, filesHashed: 0, bytesHashed: 0, bytesToHash: 0, current: "" } as const;
  return [
    {
      id: "sh_1",
      path: "/home/demo/Sound",
      as: "Sound",
      exclude: [],
      files: 214,
      bytes: 3_120_000_000,
      scannedAt: new Date(now - 420_000).toISOString(),
      progress: idle,
      problems: 0,
      watched: true,
      watchNote: "",
    },
    {
      id: "sh_2",
      path: "/home/demo/Field notes",
      as: "Field notes",
      exclude: ["*.bak"],
      files: 98,
      bytes: 41_000_000,
      scannedAt: new Date(now - 86_400_000 * 3).toISOString(),
      progress: idle,
      problems: 3,
      watched: false,
      watchNote: "The system has no handles left to watch folders; raise fs.inotify.max_user_watches.",
    },
  ];
}
