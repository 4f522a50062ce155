// Two servents on one local link that were told of nobody: each on a machine of its own, with a network between them.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PrivateNet, privateNetProblem } from "../interop/private-net.ts";
import { eventually } from "../support/eventually.ts";
import { ServentProcess } from "../support/servent-process.ts";

const problem = privateNetProblem();
const NAME = "next door.txt";
const TEXT = "found without any server";

describe.skipIf(problem !== undefined)(
  `on a network of two machines${problem === undefined ? "" : ` (${problem})`}`,
  () => {
    const servents: ServentProcess[] = [];
    let net: PrivateNet;

    async function startServent(
      host: string,
      isFound: boolean,
      share?: Record<string, Uint8Array>,
    ): Promise<ServentProcess> {
      const servent = await ServentProcess.start({
        on: (...command) => net.on(host, ...command),
        settings: { "lan.discovery": isFound, "network.gnutella.enabled": true, "network.chord.enabled": true },
        ...(share === undefined ? {} : { share }),
      });
      servents.push(servent);
      return servent;
    }

    async function peers(servent: ServentProcess, network: string): Promise<string[]> {
      const { items } = await servent.command<{ items: { endpoint: { host: string }; state: string }[] }>(
        "peers",
        "ls",
        "--network",
        network,
      );
      return items.filter(({ state }) => state === "open").map(({ endpoint }) => endpoint.host);
    }

    beforeAll(async () => {
      net = new PrivateNet("link");
      await startServent("100.64.1.1", true, { [NAME]: new TextEncoder().encode(TEXT) });
      await startServent("100.64.1.2", true);
      await startServent("100.64.1.3", false);
    }, 120_000);

    afterAll(async () => {
      await Promise.all(servents.map((servent) => servent.stop()));
      net.close();
    });

    test("they find each other in both networks, and one fetches from the other; who did not opt in stays alone", async () => {
      const [one, other, apart] = servents as [ServentProcess, ServentProcess, ServentProcess];
      for (const network of ["gnutella", "chord"]) {
        await eventually(`they are linked in ${network}`, 60, async () => {
          const hosts = [await peers(one, network), await peers(other, network)];
          return hosts[0]?.includes("100.64.1.2") && hosts[1]?.includes("100.64.1.1") ? true : undefined;
        });
      }

      const { bytes } = await other.fetches(await other.finds("next door", NAME));
      expect(new TextDecoder().decode(bytes)).toBe(TEXT);
      expect([...(await peers(apart, "gnutella")), ...(await peers(apart, "chord"))]).toEqual([]);
      for (const servent of [one, other]) {
        expect([...(await peers(servent, "gnutella")), ...(await peers(servent, "chord"))]).not.toContain("100.64.1.3");
      }
    }, 180_000);
  },
);
