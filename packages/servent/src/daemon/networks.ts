// The networks that exist here: switches them on and off as the settings say, and speaks for all of them.
import { ServentError } from "../base/servent-error.ts";
import type { NetworkControl } from "../api/app.ts";
import type { Settings } from "../config/settings.ts";
import { isSettingKey, type SettingKey } from "../config/keys.ts";
import type { Dht, Endpoint, NeighbourInfo, Network, NetworkId, NetworkStatus } from "../networks/network.ts";
import { endpointOfText } from "../runtime/address.ts";
import type { Why, WhyFact } from "../transfers/transfer.ts";

/** A network and what its settings can change while it runs. */
export interface ManagedNetwork {
  readonly network: Network;
  /** Empty where all its peers are equal. */
  readonly roles: readonly string[];
  /** Reads the settings again; what counts from the next start only, waits for it. */
  refresh(): void;
}

export class Networks implements NetworkControl {
  private readonly settings: Settings;
  private readonly joined: (id: NetworkId) => string | undefined;
  private readonly managed: ReadonlyMap<NetworkId, ManagedNetwork>;
  /** Switching is slow; whoever asks in between waits for the end. */
  private readonly switching = new Map<NetworkId, Promise<void>>();

  /** `joined`: in words, what was done to find a network's first peers. */
  constructor(
    settings: Settings,
    managed: readonly ManagedNetwork[],
    joined: (id: NetworkId) => string | undefined = () => undefined,
  ) {
    this.settings = settings;
    this.joined = joined;
    this.managed = new Map(managed.map((each) => [each.network.id, each]));
  }

  /** Starts what the settings say is on. One that fails says so in its status, and the others go on. */
  async start(): Promise<void> {
    await Promise.all(
      [...this.managed.keys()].filter((id) => this.isEnabled(id)).map((id) => this.run(id).catch(() => undefined)),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.managed.values(), ({ network }) => network.stop()));
  }

  /** Those that are on and running. */
  active(): readonly Network[] {
    return Array.from(this.managed.values(), ({ network }) => network).filter(({ id }) => this.isRunning(id));
  }

  running(id: NetworkId): Network | undefined {
    return this.isRunning(id) ? this.managed.get(id)?.network : undefined;
  }

  list(): readonly NetworkStatus[] {
    return Array.from(this.managed.values(), ({ network }) => network.status());
  }

  status(id: NetworkId): NetworkStatus {
    return this.find(id).network.status();
  }

  isEnabled(id: NetworkId): boolean {
    this.find(id);
    return this.settings.get(`network.${id}.enabled` as "network.gnutella.enabled");
  }

  async enable(id: NetworkId): Promise<void> {
    this.find(id);
    this.write(`network.${id}.enabled`, true);
    await this.run(id);
  }

  async disable(id: NetworkId): Promise<void> {
    this.write(`network.${id}.enabled`, false);
    await this.switch(id, () => this.find(id).network.stop());
  }

  async setRole(id: NetworkId, role: string): Promise<void> {
    const { network, roles, refresh } = this.find(id);
    if (roles.length === 0) {
      throw new ServentError("invalid_value", `${id} has no roles: all its peers are equal.`, "Leave the role out.");
    }
    if (!roles.includes(role)) {
      throw new ServentError("invalid_value", `${id} has no role "${role}".`, `Choose one of ${roles.join(", ")}.`);
    }
    this.write(`network.${id}.role`, role);
    const wasRunning = this.isRunning(id);
    await this.switch(id, async () => {
      await network.stop();
      refresh();
      if (wasRunning) await network.start();
    });
  }

  async setLinks(id: NetworkId, links: number): Promise<void> {
    const { refresh } = this.find(id);
    const key = `network.${id}.links`;
    if (!isSettingKey(key)) {
      throw new ServentError(
        "invalid_value",
        `${id} chooses its neighbours by its own rules, as many as they say.`,
        "Leave the number of links out.",
      );
    }
    this.write(key, links);
    refresh();
  }

  /** Throws ServentError `invalid_value` where the network is no distributed hash table. */
  dht(id: NetworkId): Dht {
    const { dht } = this.find(id).network;
    if (dht === undefined) {
      throw new ServentError(
        "invalid_value",
        `${id} is no distributed hash table.`,
        `Those that are: ${[...this.managed.values()].flatMap(({ network }) => (network.dht === undefined ? [] : network.id)).join(", ")}.`,
      );
    }
    if (!this.isRunning(id)) throw networkOff(id);
    return dht;
  }

  bootstrap(id: NetworkId, entries: readonly string[]): void {
    const { network, refresh } = this.find(id);
    const key = `network.${id}.bootstrap`;
    const known = this.settings.get(key as "network.gnutella.bootstrap");
    const added = entries.filter((entry) => !known.includes(entry));
    if (added.length > 0) this.write(key, [...known, ...added]);
    refresh();
    // A network of servers goes to all that its setting names, each in its own way.
    if (!this.isRunning(id) || network.status().servers !== undefined) return;
    for (const entry of entries) network.connect(endpointOfText(entry));
  }

  why(id: NetworkId): Why {
    const { state, since: at, liveness, servers } = this.status(id);
    const href = `/api/v1/networks/${id}`;
    const facts: WhyFact[] = [{ at, text: liveness, code: state }];
    if (!this.isEnabled(id)) {
      facts.push({ at, text: "It was never switched on here, or was switched off.", code: "network_off" });
      return { state, since: at, facts, actions: [{ label: "Switch on", method: "PATCH", href }] };
    }
    const joined = state === "connecting" ? this.joined(id) : undefined;
    if (joined !== undefined) facts.push({ at, text: joined, code: "introducers" });
    const another = state === "online" ? "Name another server" : "Name an index server";
    const label = servers === undefined ? "Name a peer to ask" : another;
    return { state, since: at, facts, actions: [{ label, method: "POST", href: `${href}/bootstrap` }] };
  }

  neighbours(id?: NetworkId): readonly NeighbourInfo[] {
    const chosen = id === undefined ? [...this.managed.values()] : [this.find(id)];
    return chosen.flatMap(({ network }) => network.neighbours());
  }

  connect(id: NetworkId, endpoint: Endpoint): void {
    const { network } = this.find(id);
    if (!this.isRunning(id)) throw networkOff(id);
    network.connect(endpoint);
  }

  disconnect(neighbourId: string): void {
    for (const { network } of this.managed.values()) if (network.disconnect(neighbourId)) return;
    throw noPeer(neighbourId);
  }

  whyPeer(neighbourId: string): Why {
    const peer = this.neighbours().find(({ id }) => id === neighbourId);
    if (peer === undefined) throw noPeer(neighbourId);
    const at = new Date(Date.now() - peer.ageMs).toISOString();
    const how = peer.inbound ? "It connected to us" : "We connected to it";
    return {
      state: peer.state,
      since: at,
      facts: [
        {
          at,
          text: `${how}, as ${peer.role}${peer.vendor === "" ? "" : `, running ${peer.vendor}`}.`,
          code: peer.state,
        },
      ],
      actions: [{ label: "Disconnect", method: "DELETE", href: `/api/v1/peers/${neighbourId}` }],
    };
  }

  private async run(id: NetworkId): Promise<void> {
    const { network, refresh } = this.find(id);
    await this.switch(id, () => {
      refresh();
      return network.start();
    });
  }

  private async switch(id: NetworkId, change: () => Promise<void>): Promise<void> {
    const before = this.switching.get(id) ?? Promise.resolve();
    const now = before.catch(() => undefined).then(change);
    this.switching.set(id, now);
    await now;
  }

  private isRunning(id: NetworkId): boolean {
    const state = this.managed.get(id)?.network.status().state;
    return state === "connecting" || state === "online";
  }

  private find(id: NetworkId): ManagedNetwork {
    const found = this.managed.get(id);
    if (found === undefined) {
      throw new ServentError(
        "not_found",
        `There is no network ${id} here.`,
        `There is: ${[...this.managed.keys()].join(", ")}.`,
      );
    }
    return found;
  }

  private write(key: string, value: unknown): void {
    this.settings.set(key as SettingKey, value);
  }
}

function networkOff(id: NetworkId): ServentError {
  return new ServentError("network_off", `${id} is off.`, `Switch it on: \`servent networks enable ${id}\`.`);
}

function noPeer(id: string): ServentError {
  return new ServentError("not_found", `There is no peer ${id} now.`, "`servent peers ls` lists the neighbours.");
}
