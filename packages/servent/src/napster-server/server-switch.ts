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

/** Settings that are its business begin so. */
export const SERVER_SETTINGS = "napsterServer.";

export class ServerSwitch {
  private readonly options: ServerSwitchOptions;
  private running: { readonly server: IndexServer; readonly database: DatabaseSync } | undefined;
  /** Changes happen one after the other. */
  private work: Promise<void> = Promise.resolve();

  constructor(options: ServerSwitchOptions) {
    this.options = options;
  }

  /** The server, while it is on. */
  get server(): IndexServer | undefined {
    return this.running?.server;
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
    try {
      database = openServerDatabase(databaseFile);
      const tls = settings.get("napsterServer.tls");
      const links = settings.get("napsterServer.links");
      const union = settings.get("napsterServer.union");
      const server = new IndexServer({
        ...INDEX_SERVER,
        database,
        onUnwritten,
        listen: settings.get("napsterServer.requireTls") ? null : settings.get("napsterServer.listen"),
        tls: tls === "" ? null : tls,
        name: settings.get("napsterServer.name"),
        motd: settings.get("napsterServer.motd"),
        registeredOnly: settings.get("napsterServer.registeredOnly"),
        usersMax: settings.get("napsterServer.users"),
        links: links === "" ? [] : readLinkFile(links),
        union: union === "" ? null : readUnionFile(union),
        introducers: settings.get("introducers"),
        onLink: (news) => emit("napster-server.link", { news }),
      });
      await server.start();
      this.running = { server, database };
      emit("napster-server.state", { state: "on", ...server.places });
    } catch (error) {
      database?.close();
      emit("napster-server.state", { state: "failed", reason: error instanceof Error ? error.message : String(error) });
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
