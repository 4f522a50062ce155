import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkSocketPath, makeProfileFolders, profilePaths } from "./profile.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "servent-profile-"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("without variables all lies at the usual places below the home folder", () => {
  expect(profilePaths({ env: {}, home: "/home/mia" })).toEqual({
    profile: "default",
    config: "/home/mia/.config/servent",
    configFile: "/home/mia/.config/servent/config.jsonc",
    settingsFile: "/home/mia/.config/servent/settings.json",
    data: "/home/mia/.local/share/servent",
    database: "/home/mia/.local/share/servent/servent.db",
    state: "/home/mia/.local/state/servent",
    log: "/home/mia/.local/state/servent/log",
    cache: "/home/mia/.cache/servent",
    downloads: "/home/mia/Downloads/servent",
    incomplete: "/home/mia/.local/state/servent/incomplete",
    runtime: "/home/mia/.local/state/servent/run",
    socket: "/home/mia/.local/state/servent/run/api.sock",
  });
});

test("variables move the places, relative ones are ignored", () => {
  const env = { XDG_CONFIG_HOME: "/c", XDG_DATA_HOME: "d", XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "/run/user/1000" };
  const paths = profilePaths({ env, home: "/home/mia" });
  expect(paths.config).toBe("/c/servent");
  expect(paths.data).toBe("/home/mia/.local/share/servent");
  expect(paths.state).toBe("/s/servent");
  expect(paths.socket).toBe("/run/user/1000/servent/api.sock");
});

test("another profile shares no folder with the default one", () => {
  const options = { env: { XDG_RUNTIME_DIR: "/run/user/1000" }, home };
  const first = new Set(Object.values(profilePaths(options)));
  for (const place of Object.values(profilePaths({ ...options, profile: "work" }))) expect(first).not.toContain(place);
});

test("a root moves everything but the socket, which the command line finds by the profile's name", () => {
  const paths = profilePaths({ profile: "demo", root: "/tmp/x", env: { XDG_RUNTIME_DIR: "/run/user/1000" }, home });
  expect(paths.socket).toBe("/run/user/1000/servent-demo/api.sock");
  for (const place of [paths.config, paths.data, paths.state, paths.cache, paths.downloads]) {
    expect(place).toMatch(/^\/tmp\/x\//);
  }
});

test("downloads go where the desktop says, in its language", () => {
  mkdirSync(path.join(home, ".config"));
  writeFileSync(path.join(home, ".config", "user-dirs.dirs"), '# x\nXDG_DOWNLOAD_DIR="$HOME/Téléchargements"\n');
  expect(profilePaths({ env: {}, home }).downloads).toBe(path.join(home, "Téléchargements/servent"));
});

test.each(["", "../x", "A", "a b", "-x", "x".repeat(33)])("%j is no name of a profile", (profile) => {
  expect(() => profilePaths({ profile, env: {}, home })).toThrow(expect.objectContaining({ code: "invalid_value" }));
});

test("our folders are for their owner only", () => {
  const paths = profilePaths({ env: {}, home });
  makeProfileFolders(paths);
  makeProfileFolders(paths);
  for (const folder of [paths.config, paths.data, paths.state, paths.runtime]) {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  }
});

test("a folder that cannot be made says which and what to do", () => {
  writeFileSync(path.join(home, ".config"), "in the way");
  expect(() => makeProfileFolders(profilePaths({ env: {}, home }))).toThrow(
    expect.objectContaining({ code: "permission", message: expect.stringContaining(".config/servent") }),
  );
});

test("a socket path may have 107 bytes and no more, counted as the system counts", () => {
  checkSocketPath(`/${"x".repeat(106)}`);
  expect(() => checkSocketPath(`/${"x".repeat(107)}`)).toThrow(expect.objectContaining({ code: "invalid_value" }));
  expect(() => checkSocketPath(`/${"é".repeat(54)}`)).toThrow(/109 bytes/);
});
