// The daemon's index server follows its settings.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Settings } from "../config/settings.ts";
import { RawClient } from "./raw-client-fixture.ts";
import { ServerSwitch } from "./server-switch.ts";

const HOST = "127.0.0.34";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "servent-switch-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("it is on or off as the settings say, is started anew when they change, and says what it does", async () => {
  const settings = new Settings({ flags: {} });
  const told: object[] = [];
  const emit = (type: string, data: object): void => void told.push({ type, ...data });
  const onUnwritten = (error: unknown): never => expect.unreachable(String(error));
  const onOff = new ServerSwitch({ settings, databaseFile: path.join(folder, "server.db"), emit, onUnwritten });
  await onOff.apply();
  expect([onOff.server, told]).toEqual([undefined, []]);
  expect(onOff.report()).toBeNull();

  settings.change({ "napsterServer.listen": `${HOST}:0`, "napsterServer.enabled": true });
  await onOff.apply();
  const place = onOff.server?.places.clear ?? "";
  const raw = await RawClient.connect(place);
  expect(await raw.ask(2, 'bob pw 1 "raw 1" 3', 214)).toContain("621 SERVER servent");
  expect(told.at(-1)).toMatchObject({ type: "napster-server.state", state: "on", clear: place });
  expect(onOff.report()).toEqual({ state: "on", clear: place, tls: null, users: 1, files: 0, reason: "" });

  settings.change({ "napsterServer.name": "harbour", "napsterServer.listen": place });
  await onOff.apply();
  expect((await raw.end()).at(-1)).toBe("316 0");
  const again = await RawClient.connect(place);
  expect(await again.ask(2, 'bob pw 1 "raw 1" 3', 214)).toContain("621 SERVER harbour");

  const second = new ServerSwitch({ settings, databaseFile: path.join(folder, "second.db"), emit, onUnwritten });
  await second.apply();
  expect(told.at(-1)).toMatchObject({ state: "failed", reason: expect.stringContaining("taken") });
  expect(second.report()).toMatchObject({ state: "failed", clear: null, reason: expect.stringContaining("taken") });

  again.close();
  settings.change({ "napsterServer.enabled": false });
  await onOff.apply();
  expect([onOff.server, onOff.report()]).toEqual([undefined, null]);
  expect(told.at(-1)).toMatchObject({ state: "off" });
  await expect(RawClient.connect(place)).rejects.toThrow();
});
