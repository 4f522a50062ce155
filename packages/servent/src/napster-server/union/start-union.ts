// Begins a union as the plan says, for an index server that hears of it.
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { UnionEvents } from "@servent/overlay/protocols/napster/server/union.ts";
import type { OpenUnion } from "./open-union.ts";
import type { UnionPlan } from "./union-file.ts";

/**
 * Other servers come and go from here on. Rejects with a ServentError as `MeshUnion.open` and `NatsUnion.open`.
 * @param tell Hears, in words, what becomes of links and servers.
 */
export async function startUnion(
  plan: UnionPlan,
  name: string,
  server: UnionEvents,
  tell: (news: string) => void,
): Promise<OpenUnion> {
  const events: UnionEvents = {
    onUnionMessage: (from, message) => server.onUnionMessage(from, message),
    onServerUp: (other) => {
      tell(`${other} is in the union`);
      server.onServerUp(other);
    },
    onServerDown: (other) => {
      tell(`${other} is down`);
      server.onServerDown(other);
    },
  };
  if (plan.by === "nats") {
    // Most servers need no client for NATS.
    const { NatsUnion } = await import("./nats-union.ts");
    return NatsUnion.open(
      { ...plan.options, name },
      {
        ...events,
        onBus: (isThere, text) => tell(isThere ? `on the bus at ${text}` : `the bus is gone: ${text}`),
        onRefused: (reason) => tell(`not on the bus: ${reason}`),
      },
    );
  }
  const { MeshUnion } = await import("./mesh-union.ts");
  return MeshUnion.open(
    { ...plan.options, name },
    {
      ...events,
      onLinkOpen: (other) => tell(`linked with ${other}`),
      onLinkClosed: (other, reason) => tell(`link with ${other} lost: ${reason}`),
      onRefused: (remote, reason) => tell(`no link with ${formatEndpoint(remote)}: ${reason}`),
    },
  );
}
