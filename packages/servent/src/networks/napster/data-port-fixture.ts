// A data port with one shared file behind it and no index server: the test says who was announced. For tests.
import { createHash } from "node:crypto";
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import { endpointOf } from "../../runtime/address.ts";
import { type Served, type SharedBytes, serve } from "../http/upload-fixture.ts";
import type { Endpoint } from "../network.ts";
import { DataPort } from "./data-port.ts";
import { Giving } from "./giving.ts";
import { SharedPaths } from "./shared-paths.ts";

export const hostOf = (number: number): string => `127.0.22.${number}`;

export interface Opened {
  readonly endpoint: Endpoint;
  readonly port: DataPort;
  readonly giving: Giving;
  readonly served: Served;
  /** Of the shared file. */
  readonly urn: string;
  announce(nick: string, path: string): void;
  announceList(): void;
  close(): void;
}

export async function openAt(host: string, shared: SharedBytes): Promise<Opened> {
  const served = await serve([shared]);
  const announced = new Set<string>();
  let isListAnnounced = false;
  const giving = new Giving({
    library: served.library,
    paths: new SharedPaths(served.library, { version: 0, of: () => undefined }),
    uploads: served.uploads,
    localAddress: undefined,
    isAnnounced: (nick, path) => announced.has(`${nick.toLowerCase()} ${path}`),
    tell: () => undefined,
  });
  const port = await DataPort.open({
    host,
    port: 0,
    serve: async (opening, caller) => {
      if (opening.kind === "get") await giving.get(caller, opening.nick, opening.path, opening.offset);
      if (opening.kind === "get-list") await giving.list(caller, "owner", isListAnnounced);
      if (opening.kind === "get-tree") await giving.tree(caller, opening.urn);
      return "answered";
    },
  });
  return {
    endpoint: endpointOf(port.address),
    port,
    giving,
    served,
    urn: sha1Urn(createHash("sha1").update(shared.bytes).digest()),
    announce: (nick, path) => void announced.add(`${nick} ${path}`),
    announceList: () => {
      isListAnnounced = true;
    },
    close: () => {
      port.close();
      giving.close();
      served.close();
    },
  };
}
