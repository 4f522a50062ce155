// How a network stands: its state, since when, and why it failed. Every adapter has one.
import { ServentError } from "../base/servent-error.ts";
import { type NetworkId, type NetworkState, SourceError } from "./network.ts";

export class Standing {
  private readonly id: NetworkId;
  private readonly name: string;
  private readonly onChange: () => void;
  private current: NetworkState = "off";
  private changedAt = new Date();
  private problem = "";

  /** `name`: as people write it. `onChange` follows each new state. */
  constructor(id: NetworkId, name: string, onChange: () => void) {
    this.id = id;
    this.name = name;
    this.onChange = onChange;
  }

  get state(): NetworkState {
    return this.current;
  }

  /** RFC 3339 UTC. */
  get since(): string {
    return this.changedAt.toISOString();
  }

  enter(state: NetworkState): void {
    if (this.current === state) return;
    this.current = state;
    this.changedAt = new Date();
    this.onChange();
  }

  /** Starting, and failed where `launch` rejects; rejects with the same. */
  async starting<T>(launch: () => Promise<T>): Promise<T> {
    this.enter("starting");
    try {
      return await launch();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.enter("failed");
      throw error;
    }
  }

  /** What people read of a network that is not yet or no longer at work; undefined where it has to speak for itself. */
  get sentence(): string | undefined {
    if (this.current === "failed") return this.problem;
    return this.current === "starting" ? "About to listen." : undefined;
  }

  /** For people who want something of a network that is off. */
  offError(): ServentError {
    const hint = `Switch it on: \`servent networks enable ${this.id}\`.`;
    return new ServentError("network_off", `${this.name} is off.`, hint);
  }

  /** For transfers that want bytes from a source of it. */
  sourceOff(): SourceError {
    return new SourceError("network_off", `${this.name} is off.`);
  }
}
