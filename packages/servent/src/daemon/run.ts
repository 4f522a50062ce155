// The daemon from start to end: profile, lock, settings, log, servent, API, signals; and with --demo its neighbours.
import { existsSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import type { App } from "../api/app.ts";
import { type Api, createApi } from "../api/create-api.ts";
import { ServentError } from "../base/servent-error.ts";
import { Settings } from "../config/settings.ts";
import { clearDemoFolder, type Demo, demoFolder, startDemo } from "../demo/start-demo.ts";
import { DEMO_HOST } from "../demo/cast.ts";
import { EventBus } from "../events/event-bus.ts";
import { HashPool } from "../library/hash-pool.ts";
import { Log, logText } from "../log/log.ts";
import { endpointOfText } from "../runtime/address.ts";
import { doctor } from "./doctor.ts";
import { logEvents } from "./event-log.ts";
import { watchFaults } from "./faults.ts";
import { lockProfile, watchSignals } from "./lifecycle.ts";
import { makeProfileFolders, type ProfilePaths, profilePaths } from "./profile.ts";
import { Servent } from "./servent.ts";
import { VERSION } from "./version.ts";

export interface RunOptions {
  readonly profile: string;
  readonly demo: boolean;
  /** Settings of this run, by key. */
  readonly flags: Readonly<Record<string, string>>;
  /** Another place for the owner's configuration file. */
  readonly config?: string | undefined;
  onReady(ready: ReadyInfo): void;
}

export interface ReadyInfo {
  readonly httpUrl: string;
  readonly loginUrl: string;
  readonly socket: string;
  readonly lines: string[];
}

const DEMO_LISTEN = "127.0.0.1:7390";

/** Resolves after the end. Rejects with a ServentError where it cannot start. */
export async function runDaemon(options: RunOptions): Promise<void> {
  const root = options.demo ? demoFolder() : undefined;
  const paths = withConfig(
    profilePaths({ profile: options.profile, ...(root === undefined ? {} : { root }) }),
    options.config,
  );
  makeProfileFolders(paths);
  const lock = lockProfile(paths);
  let demo: Demo | undefined;
  try {
    if (root !== undefined) {
      clearDemoFolder(root);
      makeProfileFolders(paths);
      // The neighbours take longest, so they start first.
      demo = await startDemo(root);
    }
    const flags = demo === undefined ? options.flags : { ...(await demoFlags(demo)), ...options.flags };
    await run(options, paths, flags, demo);
  } finally {
    await demo?.close();
    lock.release();
  }
}

async function run(
  options: RunOptions,
  paths: ProfilePaths,
  flags: RunOptions["flags"],
  demo: Demo | undefined,
): Promise<void> {
  const settings = new Settings({
    configFile: paths.configFile,
    settingsFile: paths.settingsFile,
    env: process.env,
    flags,
  });
  const events = new EventBus();
  const log = new Log({
    folder: paths.log,
    level: settings.get("log.level"),
    keepMs: settings.get("log.keep"),
    onEntry: (entry) => {
      events.emit("log", { entry });
      if (entry.level === "warn" || entry.level === "error") tellTerminal(logText(entry));
    },
  });
  const unwatchFaults = watchFaults(log, paths.log, (sentence) => {
    tellTerminal(sentence);
    process.exit(1);
  });
  const hashPool = new HashPool();
  let api: Api | undefined;
  const servent = new Servent({
    paths,
    settings,
    events,
    hashPool,
    ownPorts: () => api?.ports ?? [],
    onUnwritten: (error) =>
      log.write("error", "daemon", "The database cannot be written; servent goes on, but forgets at its end.", {
        error,
      }),
  });
  const ended = Promise.withResolvers<void>();
  const app: App = {
    version: VERSION,
    profile: options.profile,
    demo: options.demo,
    startedAt: new Date().toISOString(),
    paths: { ...paths, downloads: servent.downloads, incomplete: servent.incomplete },
    events,
    settings,
    library: servent.library,
    transfers: servent.transfers,
    searches: servent.searches,
    networks: servent.networks,
    limits: servent.limits,
    log,
    indexServer: () => servent.indexServer.report(),
    doctor: () => doctor(servent),
    parseLink: (text) => servent.parseLink(text),
    shutdown: () => ended.resolve(),
  };
  settings.onChange((keys) => {
    log.setLevel(settings.get("log.level"));
    log.setKeep(settings.get("log.keep"));
    for (const key of keys) events.emit("setting.changed", { setting: settings.view(key) });
    if (keys.some((key) => key.startsWith("limits.")))
      events.emit("limit.changed", { limits: servent.limits.current() });
  });
  api = await createApi(app, { database: servent.database });
  const unlogEvents = logEvents(events, log);
  const unwatch = watchSignals({
    onStop: () => ended.resolve(),
    onStopNow: () => process.exit(130),
    onReload: () => reload(settings, log),
  });
  try {
    await servent.start();
    const place = await api.listen();
    log.write("info", "daemon", "Ready.", { version: VERSION, profile: options.profile });
    const loginUrl = api.loginCode().url ?? "";
    options.onReady({
      httpUrl: place.httpUrl ?? "",
      loginUrl,
      socket: place.socket ?? "",
      lines: readyLines(servent, demo),
    });
    events.emit("system.started", { version: VERSION });
    await ended.promise;
  } finally {
    unwatch();
    unlogEvents();
    events.emit("system.stopping", {});
    await api.close();
    await servent.close();
    await hashPool.close();
    log.write("info", "daemon", "Stopped.");
    log.flushNow();
    unwatchFaults();
  }
}

/** At once, and not by `process.stderr`: that reports a terminal that was closed as an error, which ends the process. */
function tellTerminal(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody reads it any more; the log has it too.
  }
}

function withConfig(paths: ProfilePaths, config: string | undefined): ProfilePaths {
  if (config !== undefined && !existsSync(config)) {
    throw new ServentError("not_found", `There is no file ${config}.`, "Check the name after --config.");
  }
  return config === undefined ? paths : { ...paths, configFile: config };
}

function reload(settings: Settings, log: Log): void {
  try {
    const changed = settings.reload();
    log.write("info", "daemon", "The configuration was read again.", { changed: changed.join(", ") });
  } catch (error) {
    log.write("error", "daemon", error instanceof Error ? error.message : String(error));
  }
}

/** The demo's own world: an address of its own, nobody beyond loopback, and the neighbours to begin with. */
async function demoFlags(demo: Demo): Promise<Record<string, string>> {
  return {
    "http.listen": (await isFree(DEMO_LISTEN)) ? DEMO_LISTEN : "127.0.0.1:0",
    "net.interface": DEMO_HOST,
    "net.allowAddresses": "127.0.0.0/8",
    "network.gnutella.enabled": "true",
    "network.gnutella.role": "leaf",
    "network.gnutella.reachable": "yes",
    "network.gnutella.bootstrap": demo.entry.gnutella.join(","),
    "network.chord.enabled": "true",
    "network.chord.bootstrap": demo.entry.chord.join(","),
    "network.napster.enabled": "true",
    "network.napster.bootstrap": demo.entry.napster.join(","),
    // A demo must also run on a machine whose temporary folder is small.
    "transfers.reserveDisk": "50MB",
  };
}

function isFree(listen: string): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen({ ...endpointOfText(listen), exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function readyLines(servent: Servent, demo: Demo | undefined): string[] {
  if (demo !== undefined) {
    const networks = servent.networks.list().map(({ id }) => id);
    return [
      `demo neighbourhood: ${demo.peers + 1} peers on loopback, ${networks.join(", ")}, ${demo.files} sample files. No internet traffic.`,
    ];
  }
  const on = servent.networks.list().filter(({ id }) => servent.networks.isEnabled(id));
  const { files } = servent.library.totals();
  const sharing = files === 0 ? "You share nothing." : `You share ${files} files.`;
  return on.length === 0
    ? [`servent ${VERSION}. No network is on: \`servent networks enable gnutella\`. ${sharing}`]
    : [`servent ${VERSION}. ${on.map(({ id, liveness }) => `${id}: ${liveness}`).join(" ")} ${sharing}`];
}
