// One whole servent without its outside doors: library, transfers, networks and search, wired together. The daemon has
// one; the demo has two dozen in a process, so nothing here is global.
import { hashesOf } from "@servent/overlay/base/urn.ts";
import { SideWrites } from "../base/side-writes.ts";
import { randomBytes } from "node:crypto";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Role } from "@servent/overlay/protocols/gnutella/handshake.ts";
import type { SettingKey } from "../config/keys.ts";
import type { Settings } from "../config/settings.ts";
import type { EventBus } from "../events/event-bus.ts";
import { Joining } from "../joining/joining.ts";
import { LinkDiscovery } from "../joining/link-discovery.ts";
import { FileLibrary } from "../library/file-library.ts";
import type { HashPool } from "../library/hash-pool.ts";
import type { Library } from "../library/library.ts";
import { ChordNetwork } from "../networks/chord/chord-network.ts";
import { GnutellaNetwork, type GnutellaNetworkOptions } from "../networks/gnutella/gnutella-network.ts";
import { sourceOfLink } from "../networks/gnutella/link-source.ts";
import { SERVER_SETTINGS, ServerSwitch } from "../napster-server/server-switch.ts";
import { MusicIndex } from "../networks/napster/music-index.ts";
import { NapsterNetwork } from "../networks/napster/napster-network.ts";
import { UploadServer } from "../networks/http/upload-server.ts";
import { endpointOfText } from "../runtime/address.ts";
import { firstAddress } from "../runtime/first-address.ts";
import type { Hit, Source } from "../networks/network.ts";
import { SearchService } from "../search/search-service.ts";
import { systemClock } from "../transfers/clock.ts";
import { parseLink } from "../transfers/parse-link.ts";
import type { TransferRequest } from "../transfers/transfer.ts";
import { TransferManager } from "../transfers/transfer-manager.ts";
import { Uploads } from "../transfers/uploads.ts";
import { Memory, openDatabase } from "./database.ts";
import { dialRule } from "./dial-rule.ts";
import { SettingLimits } from "./limits.ts";
import { napsterSettings } from "./napster-settings.ts";
import { type ManagedNetwork, Networks } from "./networks.ts";
import type { ProfilePaths } from "./profile.ts";
import { VERSION } from "./version.ts";

export interface ServentOptions {
  readonly paths: ProfilePaths;
  readonly settings: Settings;
  readonly events: EventBus;
  readonly hashPool: HashPool;
  /** Stands between the shared files and whoever asks for them; the demo's liar needs it. */
  readonly offered?: (library: Library) => Library;
  /** Ports of doors that are not this servent's own work, as those of the API; peers must not make us dial them. */
  readonly ownPorts?: () => readonly number[];
  /** Hears when something could not be remembered, as on a full disk; all goes on without. */
  readonly onUnwritten?: (error: unknown) => void;
}

/** Kbit/s that hits claim where no upload limit says better. */
const SPEED_UNKNOWN_KBPS = 1000;
/** How long a transfer without sources asks around each time. */
const FIND_MS = 30_000;

export class Servent {
  readonly options: ServentOptions;
  readonly library: FileLibrary;
  readonly uploads: Uploads;
  readonly transfers: TransferManager;
  readonly searches: SearchService;
  readonly networks: Networks;
  readonly limits: SettingLimits;
  readonly gnutella: GnutellaNetwork;
  readonly chord: ChordNetwork;
  readonly napster: NapsterNetwork;
  readonly indexServer: ServerSwitch;
  readonly database: DatabaseSync;
  private readonly joining: Joining;
  private readonly link: LinkDiscovery;
  private readonly memory: Memory;
  private readonly music: MusicIndex;
  private readonly uploadServer: UploadServer;
  private readonly mayDial: (address: Address) => boolean;

  constructor(options: ServentOptions) {
    this.options = options;
    const { paths, settings } = options;
    const emit = (type: string, data: object): void => options.events.emit(type, { ...data });
    this.database = openDatabase(paths.database);
    const writes = new SideWrites((error) => options.onUnwritten?.(error));
    this.memory = new Memory(this.database, writes);
    this.mayDial = dialRule(settings, options.ownPorts ?? (() => []), (address) => this.link.knows(address));
    this.limits = new SettingLimits(settings);
    const { down, up } = this.limits.effective();

    this.library = new FileLibrary({
      db: this.database,
      protectedPaths: [paths.config, paths.data, paths.state, paths.cache, this.incomplete],
      hidden: settings.get("share.hidden"),
      symlinks: settings.get("share.symlinks"),
      exclude: settings.get("share.exclude"),
      watch: settings.get("share.watch"),
      rescanMs: settings.get("share.rescan"),
      hashRate: settings.get("share.hashRate"),
      hashPool: options.hashPool,
      events: emit,
    });
    this.uploads = new Uploads({
      clock: systemClock,
      activeUp: settings.get("transfers.activeUp"),
      perPeer: settings.get("transfers.perPeer"),
      bytesPerSecond: up,
      events: emit,
    });
    const offered = options.offered?.(this.library) ?? this.library;
    const userAgent = `Servent/${VERSION}`;
    this.uploadServer = new UploadServer({ library: offered, uploads: this.uploads, server: userAgent });
    this.gnutella = new GnutellaNetwork(this.gnutellaOptions(offered, userAgent));
    this.chord = this.openChord(offered, userAgent);
    this.music = new MusicIndex(offered, this.database, writes);
    this.napster = this.openNapster(offered);
    const serverFile = path.join(paths.data, "napster-server.db");
    this.indexServer = new ServerSwitch({
      settings,
      databaseFile: serverFile,
      emit,
      onUnwritten: (error) => options.onUnwritten?.(error),
    });
    const managed: readonly ManagedNetwork[] = [
      {
        network: this.gnutella,
        roles: ["auto", "leaf", "ultrapeer", "classic"],
        refresh: () => this.gnutella.configure(this.gnutellaSettings()),
      },
      { network: this.chord, roles: [], refresh: () => this.chord.configure(this.chordSettings()) },
      { network: this.napster, roles: [], refresh: () => this.napster.configure(this.napsterOptions()) },
    ];
    const networks = managed.map(({ network }) => network);
    const localAddress = (): string | undefined => settings.get("net.interface") ?? undefined;
    const { mayDial } = this;
    this.joining = new Joining({
      networks,
      introducers: settings.get("introducers"),
      userAgent,
      localAddress,
      mayDial,
    });
    this.link = new LinkDiscovery({ networks, localAddress, mayDial });
    this.networks = new Networks(settings, managed, (id) => this.joining.told(id));
    this.transfers = new TransferManager({
      db: this.database,
      downloads: this.downloads,
      incomplete: this.incomplete,
      activeDown: settings.get("transfers.activeDown"),
      perPeer: settings.get("transfers.perPeer"),
      retry: settings.get("transfers.retry"),
      stallMs: settings.get("transfers.stall"),
      reserveDisk: settings.get("transfers.reserveDisk"),
      onConflict: settings.get("transfers.onConflict"),
      bytesPerSecond: down,
      events: emit,
      networks: (id) => this.networks.running(id),
      uploads: this.uploads,
      find: (request, onSources) => this.findSources(request, onSources),
    });
    this.searches = new SearchService({
      db: this.database,
      writes,
      networks: () => this.networks.active(),
      emit,
      whereabouts: (urns) => this.whereabouts(urns),
      timeoutMs: () => settings.get("search.timeout"),
      hitsMax: () => settings.get("search.maxHits"),
      keepMs: () => settings.get("search.keep"),
    });
    settings.onChange((keys) => this.applySettings(keys));
  }

  /** Ready when this resolves: shares known, networks listening, transfers going on. */
  async start(): Promise<void> {
    await this.library.start();
    await this.goOnline();
  }

  /** The second half of `start`, for whoever wants the library filled before anybody asks. */
  async goOnline(): Promise<void> {
    await this.indexServer.apply();
    await this.networks.start();
    this.transfers.start();
    this.joining.start();
    if (this.options.settings.get("lan.discovery")) this.link.start();
  }

  async close(): Promise<void> {
    this.searches.close();
    await this.transfers.close();
    await Promise.all([this.joining.stop(), this.link.stop()]);
    await this.networks.stop();
    await this.indexServer.stop();
    this.music.close();
    this.uploadServer.close();
    await this.library.close();
    this.database.close();
  }

  get downloads(): string {
    return this.options.settings.get("paths.downloads") ?? this.options.paths.downloads;
  }

  get incomplete(): string {
    return this.options.settings.get("paths.incomplete") ?? this.options.paths.incomplete;
  }

  /** What a URN, a magnet or a link asks for. Throws ServentError `invalid_value`. */
  parseLink(text: string): TransferRequest {
    return parseLink(text, sourceOfLink);
  }

  private openChord(library: Library, userAgent: string): ChordNetwork {
    const { memory } = this;
    const { events } = this.options;
    return new ChordNetwork({
      library,
      uploads: this.uploadServer,
      userAgent,
      knownHosts: numbersOf(memory.recall("chord.hosts")),
      rememberHosts: (list) => memory.remember("chord.hosts", list),
      knownPorts: numbersOf(memory.recall("chord.ports")),
      rememberPorts: (list) => memory.remember("chord.ports", list),
      mayDial: this.mayDial,
      emit: (type, data) => events.emit(type, data),
      ...this.chordSettings(),
    });
  }

  private chordSettings() {
    const { settings } = this.options;
    return {
      ...this.place(),
      port: settings.get("network.chord.port"),
      bootstrap: settings.get("network.chord.bootstrap").map(endpointOfText),
      virtualNodes: settings.get("network.chord.virtualNodes"),
    };
  }

  private openNapster(library: Library): NapsterNetwork {
    const { memory } = this;
    const { settings, events } = this.options;
    return new NapsterNetwork({
      library,
      uploads: this.uploads,
      facts: this.music,
      // Index servers tell our own kind by the first word.
      userAgent: `Servent ${VERSION}`,
      knownServers: numbersOf(memory.recall("napster.servers")),
      rememberServers: (list) => memory.remember("napster.servers", list),
      rememberPort: (port) => {
        if (settings.get("network.napster.port") === 0) memory.remember("napster.port", port);
      },
      mayDial: this.mayDial,
      emit: (type, data) => events.emit(type, data),
      ...this.napsterOptions(),
    });
  }

  private napsterOptions() {
    const { up } = this.limits.effective();
    return { bind: this.place().bind, ...napsterSettings(this.options.settings, this.memory, up) };
  }

  /** Where every network listens, and what it says of it. */
  private place() {
    return { bind: this.options.settings.get("net.interface") ?? "0.0.0.0", advertise: firstAddress() };
  }

  private gnutellaOptions(library: Library, userAgent: string): GnutellaNetworkOptions {
    const { memory } = this;
    const { settings, events } = this.options;
    return {
      library,
      uploads: this.uploadServer,
      busy: () => this.uploads.slotsFree === 0,
      guid: this.identity(),
      userAgent,
      knownHosts: numbersOf(memory.recall("gnutella.hosts")),
      rememberHosts: (list) => memory.remember("gnutella.hosts", list),
      rememberPort: (port) => {
        if (settings.get("network.gnutella.port") === 0) memory.remember("gnutella.port", port);
      },
      mayDial: this.mayDial,
      emit: (type, data) => events.emit(type, data),
      ...this.gnutellaSettings(),
    };
  }

  private gnutellaSettings() {
    const { settings } = this.options;
    const role = settings.get("network.gnutella.role");
    const remembered = this.memory.recall("gnutella.port");
    const { up } = this.limits.effective();
    return {
      ...this.place(),
      port: settings.get("network.gnutella.port") || (typeof remembered === "number" ? remembered : 0),
      // Nobody depends on a leaf, so that is what a peer is until its owner says otherwise.
      role: role === "auto" ? ("leaf" as Role) : role,
      mayPromote: role === "auto",
      links: settings.get("network.gnutella.links"),
      ttl: settings.get("network.gnutella.maxTtl"),
      bootstrap: settings.get("network.gnutella.bootstrap").map(endpointOfText),
      reachable: settings.get("network.gnutella.reachable"),
      speedKbps: up === 0 ? SPEED_UNKNOWN_KBPS : Math.ceil((up * 8) / 1000),
    };
  }

  /** Made once per profile: 16 bytes, marked as those of today's servents are. */
  private identity(): string {
    const known = this.memory.recall("gnutella.guid");
    if (typeof known === "string") return known;
    const bytes = randomBytes(16);
    bytes[8] = 0xff;
    bytes[15] = 0;
    const guid = bytes.toString("hex");
    this.memory.remember("gnutella.guid", guid);
    return guid;
  }

  private applySettings(keys: readonly SettingKey[]): void {
    const { settings } = this.options;
    const { down, up } = this.limits.effective();
    this.transfers.setRate(down);
    this.uploads.rate.setRate(up);
    this.uploads.setSlots(settings.get("transfers.activeUp"), settings.get("transfers.perPeer"));
    this.transfers.configure({
      downloads: this.downloads,
      activeDown: settings.get("transfers.activeDown"),
      perPeer: settings.get("transfers.perPeer"),
      retry: settings.get("transfers.retry"),
      stallMs: settings.get("transfers.stall"),
      reserveDisk: settings.get("transfers.reserveDisk"),
      onConflict: settings.get("transfers.onConflict"),
    });
    // Each of these may start a scan, so only what changed is told.
    const changed = new Set(keys);
    if (changed.has("share.hidden")) this.library.setHidden(settings.get("share.hidden"));
    if (changed.has("share.symlinks")) this.library.setSymlinks(settings.get("share.symlinks"));
    if (changed.has("share.exclude")) this.library.setExclude(settings.get("share.exclude"));
    if (changed.has("share.watch")) this.library.setWatch(settings.get("share.watch"));
    if (changed.has("share.rescan")) this.library.setRescan(settings.get("share.rescan"));
    if (changed.has("share.hashRate")) this.library.setHashRate(settings.get("share.hashRate"));
    this.gnutella.configure(this.gnutellaSettings());
    this.chord.configure(this.chordSettings());
    this.napster.configure(this.napsterOptions());
    if (keys.some((key) => key.startsWith(SERVER_SETTINGS))) void this.indexServer.apply();
    if (changed.has("introducers")) {
      void this.joining.configure(settings.get("introducers"));
      void this.indexServer.server?.setIntroducers(settings.get("introducers"));
    }
    if (changed.has("lan.discovery")) {
      if (settings.get("lan.discovery")) this.link.start();
      else void this.link.stop();
    }
  }

  private whereabouts(urns: readonly string[]): { have: boolean; transfer: string | null } {
    const { sha1 } = hashesOf(urns);
    return {
      have: sha1 !== undefined && this.library.bySha1(sha1) !== undefined,
      transfer: this.transfers.idOf(urns) ?? null,
    };
  }

  private findSources(request: TransferRequest, onSources: (sources: TransferRequest["sources"]) => void): void {
    const urn = request.urns[0];
    const [known] = request.sources;
    const onHit = ({ source }: Hit): void => onSources([source]);
    if (urn === undefined && known === undefined) return;
    const stop =
      urn === undefined
        ? this.searches.findAlike(known as Source, onHit)
        : this.searches.findSources(urn, request.name, onHit);
    setTimeout(stop, FIND_MS).unref();
  }
}

/** What was remembered may be of another version, or of another hand. */
function numbersOf(list: unknown): number[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === "number") : [];
}
