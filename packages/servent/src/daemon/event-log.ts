// What a person may want to read afterwards, from the event stream into the log.
import type { EventBus, ServentEvent } from "../events/event-bus.ts";
import type { Log, LogLevel } from "../log/log.ts";

type Line = readonly [level: LogLevel, area: string, message: string];

/** Writes the telling events down until the answer is called. */
export function logEvents(events: EventBus, log: Log): () => void {
  return events.listen((event) => {
    const line = lineOf(event);
    // A log entry is an event too, and a listener must not emit: so it is written a moment later.
    if (line !== undefined) queueMicrotask(() => log.write(...line));
  });
}

function lineOf({ type, data }: ServentEvent): Line | undefined {
  switch (type) {
    case "network.state":
      return [
        "info",
        "network",
        `${textOf(data, "network", "id")} is ${textOf(data, "network", "state")}. ${textOf(data, "network", "liveness")}`,
      ];
    case "peer.up":
      return ["debug", "network", `A link to ${endpointOf(data.peer)} is open.`];
    case "peer.down":
      return ["debug", "network", `The link to ${endpointOf(data.peer)} is gone: ${String(data.reason)}.`];
    case "peer.message":
      return ["info", "network", `${String(data.from)} says over ${String(data.network)}: ${String(data.text)}`];
    case "peer.failed":
      return ["debug", "network", `No link to ${endpointOf(data)}: ${String(data.reason)}.`];
    case "napster-server.state": {
      const { state, reason, clear, tls } = data;
      const level = state === "failed" ? "error" : "info";
      const more = state === "failed" ? reason : [clear, tls].filter((place) => typeof place === "string").join(", ");
      return [level, "napster", `The index server is ${String(state)}. ${String(more)}`.trimEnd()];
    }
    case "napster-server.link":
      return ["info", "napster", `The index server: ${String(data.news)}.`];
    case "transfer.added":
    case "transfer.done":
      return ["info", "transfer", `${String(data.name)}: ${String(data.text)}`];
    case "transfer.failed":
      return ["warn", "transfer", `${String(data.name)}: ${String(data.text)}`];
    case "search.done":
      return ["debug", "search", `A search ended with ${textOf(data, "search", "files")} files.`];
    default:
      return undefined;
  }
}

function textOf(data: ServentEvent["data"], part: string, field: string): string {
  const value = data[part];
  return typeof value === "object" && value !== null ? String(Reflect.get(value, field)) : "";
}

function endpointOf(holder: unknown): string {
  const endpoint: unknown = typeof holder === "object" && holder !== null ? Reflect.get(holder, "endpoint") : undefined;
  if (typeof endpoint !== "object" || endpoint === null) return "a peer";
  return `${String(Reflect.get(endpoint, "host"))}:${String(Reflect.get(endpoint, "port"))}`;
}
