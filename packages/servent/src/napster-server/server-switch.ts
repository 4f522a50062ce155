// The daemon's index server: on or off as the settings say, and started anew where one of them changes.
import type { DatabaseSync } from "node:sqlite";
import type { Settings } from "../config/settings.ts";
import { INDEX_SERVER, IndexServer } from "./index-server.ts";
import { readLinkFile } from "./link-file.ts";
import { openServerDatabase } from "./server-database.ts";
import { readUnionFile } from "./union/union-file.ts";

export interface ServerSwitchOptions {
  readonly settings: Settings;
  /** Of accounts, bans and certificate; made when the server is first switched on. */
  readonly databaseFile: string;
  readonly emit: (type: string, data: object) => void;
  readonly onUnwritten: (error: unknown) => void;
}

/** How it stands, for people who look at the daemon. */
export interface IndexServerReport {
  readonly state: "starting" | "on" | "failed";
  /** `0.0.0.0:8888`; null: nobody can log in so. */
  readonly clear: string | null;
  readonly tls: string | null;
  readonly users: number;
  readonly files: number;
  /** Why it failed. */
  readonly reason: string;
}

/** Settings that are its business begin so. */
export const SERVER_SETTINGS = "napsterServer.";

export class ServerSwitch {
  private readonly options: ServerSwitchOptions;
  private running: { readonly server: IndexServer; readonly database: DatabaseSync } | undefined;
  private problem = "";
  /** Changes happen one after the other. */
  private work: Promise<void> = Promise.resolve();

  constructor(options: ServerSwitchOptions) {
    this.options = options;
  }

  /** The server, while it is on. */
  get server(): IndexServer | undefined {
    return this.running?.server;
  }

  /** Null: it is off. */
  report(): IndexServerReport | null {
    if (this.running !== undefined) {
      const { server } = this.running;
      const { users, files } = server.status();
      const { clear, tls } = server.places;
      return { state: "on", clear: clear ?? null, tls: tls ?? null, users, files, reason: "" };
    }
    if (!this.options.settings.get("napsterServer.enabled")) return null;
    const state = this.problem === "" ? "starting" : "failed";
    return { state, clear: null, tls: null, users: 0, files: 0, reason: this.problem };
  }

  /** Makes it so as the settings say; a server that is on is started anew. What goes wrong is told as an event. */
  apply(): Promise<void> {
    this.work = this.work.then(async () => {
      await this.end();
      if (this.options.settings.get("napsterServer.enabled")) await this.begin();
    });
    return this.work;
  }

  stop(): Promise<void> {
    this.work = this.work.then(() => this.end());
    return this.work;
  }

  private async begin(): Promise<void> {
    const { settings, databaseFile, emit, onUnwritten } = this.options;
    let database: DatabaseSync | undefined;
    this.problem = "";
    try {
      database = openServerDatabase(databaseFile);
      const tls = settings.get("napsterServer.tls");
      const links = settings.get("napsterServer.links");
      const union = settings.get("napsterServer.union");
      const onLink = (news: string): void => emit("napster-server.link", { news });
      const server = new IndexServer({
        ...INDEX_SERVER,
        database,
        onUnwritten,
        listen: settings.get("napsterServer.requireTls") ? null : settings.get("napsterServer.listen"),
        tls: tls === "" ? null : tls,
        name: settings.get("napsterServer.name"),
        motd: settings.get("napsterServer.motd"),
        registeredOnly: settings.get("napsterServer.registeredOnly"),
        directoryBytesMax: settings.get("napsterServer.memory"),
        usersMax: settings.get("napsterServer.users"),
        links: links === "" ? [] : readLinkFile(links, onLink),
        union: union === "" ? null : readUnionFile(union, onLink),
        introducers: settings.get("introducers"),
        onLink,
      });
      await server.start();
      this.running = { server, database };
      emit("napster-server.state", { state: "on", ...server.places });
    } catch (error) {
      database?.close();
      this.problem = error instanceof Error ? error.message : String(error);
      emit("napster-server.state", { state: "failed", reason: this.problem });
    }
  }

  private async end(): Promise<void> {
    if (this.running === undefined) return;
    const { server, database } = this.running;
    this.running = undefined;
    await server.close();
    database.close();
    this.options.emit("napster-server.state", { state: "off" });
  }
}
