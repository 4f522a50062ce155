
import { randomBytes } from "node:crypto";
import { test } from "vitest";
import { Display, GtkGnutella } from "./gtk-gnutella.ts";
import { ServentProcess } from "../support/servent-process.ts";
import { NET_BLOCK, PrivateNet } from "./private-net.ts";
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
test("scratch", { timeout: 200000 }, async () => {
  const binary = process.env.SERVENT_GTK_GNUTELLA as string;
  const net = new PrivateNet("scr");
  const display = await Display.open();
  const ended: (() => Promise<void>)[] = [];
  try {
    const ua = await GtkGnutella.start({ net, display, binary, host: "100.64.1.1", role: "ultrapeer", share: { "walrus lagoon song.mp3": randomBytes(20000) }, fetch: "song[.]mp3$", settings: { is_firewalled: "TRUE" } });
    ended.push(() => ua.stop());
    const us = await ServentProcess.start({
      on: (...c) => net.on("100.64.2.1", ...c),
      settings: { "net.allowAddresses": [NET_BLOCK], "network.gnutella.enabled": true, "network.gnutella.port": 6346, "network.gnutella.role": "ultrapeer", "network.gnutella.reachable": "yes" },
      share: { "curlew estuary song.mp3": randomBytes(20000) },
    });
    ended.push(() => us.stop());
    console.log(await ua.ask("print is_firewalled"));
    await ua.link("100.64.2.1:6346");
    console.log("NODES", await ua.ask("nodes"));
    await ua.knowsFilesOf("100.64.2.1");
    console.log("US", JSON.stringify(await us.run(["search", "lagoon", "walrus", "--first", "1"])));
    const r = await us.run(["get", "1", "--wait"]);
    console.log(r);
    console.log(await ua.ask("print is_firewalled"));
    console.log(await ua.ask("stats drop"));
    console.log("DROPS", await ua.drops());
    await ua.search("curlew estuary");
    console.log((await ua.receives("curlew estuary song.mp3")), (await ua.fetched("curlew estuary song.mp3")).length);
    console.log(await ua.ask("print is_firewalled"));
    console.log("STATUS", JSON.stringify((await us.run(["networks", "show", "gnutella"])).stdout));
    await sleep(70000);
    console.log("NODES", await ua.ask("nodes"));
    console.log("DROPS", await ua.drops());
  } finally {
    for (const end of ended.toReversed()) await end();
    await display.close();
    net.close();
  }
});
