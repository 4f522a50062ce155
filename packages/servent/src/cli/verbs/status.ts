// `status`: one look at the daemon, or a look that stays.
import type { Network, System } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { cutEnd, visible } from "../terminal/text.ts";
import { counted, formatBytes, formatRate, formatSpan } from "../terminal/units.ts";
import { networkPeers } from "./networks.ts";

const WATCH_EVERY_MS = 1000;

export async function status(context: Context, input: Input): Promise<ExitCode> {
  const daemon = await context.daemon();
  if (input.flag("watch")) return watch(context, input.number("every") ?? WATCH_EVERY_MS);
  const system = await daemon.read<System>("/system");
  if (context.screen.isJson) context.screen.json({ schema: "servent.system/1", ...system });
  else context.screen.lines(statusLines(context, system));
  return EXIT.done;
}

async function watch(context: Context, everyMs: number): Promise<ExitCode> {
  const { screen, shell, flags } = context;
  const daemon = await context.daemon();
  const { interrupt } = context;
  const endAt = shell.now() + (flags.timeoutMs ?? Number.POSITIVE_INFINITY);
  // Redrawn only where a person looks at both streams; a file gets one line after the other.
  const isLive = screen.isLive && screen.hasTerminal;
  let last: readonly string[] = [];
  while (!interrupt.aborted && shell.now() < endAt) {
    const system = await daemon.read<System>("/system");
    if (screen.isJson) screen.json({ schema: "servent.system/1", ...system });
    else if (isLive) screen.progress((last = statusLines(context, system)));
    else screen.line(oneLine(system));
    await shell.sleep(everyMs, interrupt);
  }
  // What was seen last stays on the screen.
  if (isLive) screen.lines(last);
  return interrupt.aborted ? EXIT.interrupted : EXIT.done;
}

function statusLines({ screen }: Context, system: System): readonly string[] {
  const { layout, paint } = screen;
  const { version, profile, demo, pid, uptimeMs } = system;
  const head = [
    `up ${formatSpan(uptimeMs)}`,
    `process ${pid}`,
    demo ? "demo: no internet traffic" : `profile ${profile}`,
  ];
  const networks = system.networks.filter(({ enabled }) => enabled);
  const fields = fieldLines(
    [
      ["web", system.httpUrl ?? "off"],
      [
        "shared",
        system.files === 0 ? "nothing" : `${counted(system.files, "file")}, ${formatBytes(system.sharedBytes)}`,
      ],
      ["transfers", transferCounts(system)],
      ["rates", `down ${formatRate(system.rateDown)}, up ${formatRate(system.rateUp)}`],
      ["index server", indexServerText(system), system.indexServer?.state === "failed" ? "red" : undefined],
      ["searches", system.searches === 0 ? "" : `${system.searches} running`],
      ["networks", networks.length === 0 ? "none is on: `servent networks enable gnutella`" : ""],
    ],
    layout,
  );
  const title = layout.isPlain
    ? `servent\t${version}`
    : cutEnd(`servent ${visible(version)} · ${head.map(visible).join(" · ")}`, layout.width);
  return [
    layout.isPlain ? title : title.replace(/^servent \S+/, (name) => paint(name, "bold")),
    ...fields,
    ...(networks.length === 0 || layout.isPlain ? [] : [""]),
    ...tableLines(networks, COLUMNS, layout),
  ];
}

function indexServerText({ indexServer }: System): string {
  if (indexServer === null) return "";
  const { state, clear, tls, users, files, reason } = indexServer;
  if (state === "failed") return `failed: ${reason}`;
  if (state === "starting") return "about to listen";
  const places = [clear ?? "", tls === null ? "" : `${tls} (TLS)`].filter((place) => place !== "");
  return `${places.join(", ")}: ${counted(users, "user")}, ${counted(files, "file")}`;
}

function transferCounts({ transfers }: System): string {
  const shown = ["active", "checking", "finding", "waiting", "queued", "paused", "failed", "done", "cancelled"]
    .map((state) => [state, transfers[state] ?? 0] as const)
    .filter(([, count]) => count > 0);
  return shown.length === 0 ? "none" : shown.map(([state, count]) => `${count} ${state}`).join(", ");
}

function oneLine(system: System): string {
  const on = system.networks.filter(({ state }) => state === "online").length;
  return [
    new Date(Date.parse(system.startedAt) + system.uptimeMs).toISOString(),
    `${on} of ${counted(system.networks.length, "network")} online`,
    counted(system.peers, "peer"),
    `down ${formatRate(system.rateDown)}`,
    `up ${formatRate(system.rateUp)}`,
    transferCounts(system),
  ].join("  ");
}

const COLUMNS: readonly Column<Network>[] = [
  { title: "NETWORK", value: ({ id }) => id },
  { title: "STATE", value: ({ state }) => state, style: ({ state }) => stateStyle(state) },
  { title: "PEERS", value: networkPeers, align: "right" },
  { title: "ROLE", value: ({ role }) => role, leaveOut: 2 },
  { title: "", value: ({ liveness }) => liveness, shrinkTo: 36, cut: "end", leaveOut: 1, style: () => "dim" },
];
