// Begins a union as the plan says, for an index server that hears of it.
import { formatEndpoint, formatIpv4, ipv4Of } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { UnionEvents } from "@servent/overlay/protocols/napster/server/union.ts";
import { News } from "../news.ts";
import type { OpenUnion } from "./open-union.ts";
import type { UnionPlan } from "./union-file.ts";

/**
 * Other servers come and go from here on. Rejects with a ServentError as `MeshUnion.open` and `NatsUnion.open`.
 * @param tell Hears, in words, what becomes of links and servers: when something changes.
 */
export async function startUnion(
  plan: UnionPlan,
  name: string,
  server: UnionEvents,
  tell: (news: string) => void,
): Promise<OpenUnion> {
  const news = new News(tell);
  const events: UnionEvents = {
    onUnionMessage: (from, message) => server.onUnionMessage(from, message),
    onServerUp: (other) => {
      news.tell(`server ${other}`, `${other} is in the union`);
      server.onServerUp(other);
    },
    onServerDown: (other) => {
      news.tell(`server ${other}`, `${other} is down`);
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
        onBus: (isThere, text) => news.tell("bus", isThere ? `on the bus at ${text}` : `the bus is gone: ${text}`),
        onRefused: (reason) => news.tell("bus", `not on the bus: ${reason}`),
      },
    );
  }
  const { MeshUnion } = await import("./mesh-union.ts");
  const { servers } = plan.options;
  // Who calls us does so from another port each time.
  const placed = (remote: Address): string => {
    const place = formatEndpoint(remote);
    return servers.includes(place) ? place : formatIpv4(ipv4Of(remote));
  };
  return MeshUnion.open(
    { ...plan.options, name },
    {
      ...events,
      onLinkOpen: (other, remote) => {
        news.forget(placed(remote));
        news.tell(`link ${other}`, `linked with ${other}`);
      },
      onLinkClosed: (other, reason) => news.tell(`link ${other}`, `link with ${other} lost: ${reason}`),
      onRefused: (remote, reason) => {
        const place = placed(remote);
        news.tell(place, `no link with ${place}: ${reason}`);
      },
    },
  );
}
