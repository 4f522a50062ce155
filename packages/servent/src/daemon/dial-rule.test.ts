import path from "node:path";
import { endpointOf, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import { expect, test } from "vitest";
import { Settings } from "../config/settings.ts";
import { dialRule } from "./dial-rule.ts";

const address = (host: string, port: number) => endpointOf(parseIpv4(host) as number, port);

function ruleOf(ownPorts: () => readonly number[], listen = "127.0.0.1:0", isOnLink?: (address: number) => boolean) {
  const nowhere = path.join(import.meta.dirname, "no-such-folder");
  const settings = new Settings({
    configFile: path.join(nowhere, "config.jsonc"),
    settingsFile: path.join(nowhere, "settings.json"),
    flags: { "http.listen": [listen], "net.allowAddresses": ["127.0.0.0/8"] },
  });
  return dialRule(settings, ownPorts, isOnLink);
}

test("a port that the system chose for the API is not dialled from the moment it is open", () => {
  let ports: readonly number[] = [];
  const mayDial = ruleOf(() => ports);
  expect(mayDial(address("127.0.0.1", 45_001))).toBe(true);
  ports = [45_000, 45_001];
  expect(mayDial(address("127.0.0.1", 45_001))).toBe(false);
  expect(mayDial(address("127.0.0.1", 45_002))).toBe(true);
});

test("the API's port of the settings is not dialled before it is open", () => {
  const mayDial = ruleOf(() => [], "127.0.0.1:7390");
  expect(mayDial(address("127.0.0.1", 7390))).toBe(false);
  expect(mayDial(address("127.0.0.1", 739))).toBe(true);
});

test("the same port on another machine is nobody's API", () => {
  const mayDial = ruleOf(() => [45_001]);
  expect(mayDial(address("8.8.4.4", 45_001))).toBe(true);
  expect(mayDial(address("10.0.0.1", 45_002))).toBe(false);
});

test("who announced itself on our link is dialled there and at no other port, and never our own API", () => {
  const neighbours = [address("192.168.1.7", 7000), address("192.168.1.7", 7390)];
  const mayDial = ruleOf(
    () => [],
    "127.0.0.1:7390",
    (each) => neighbours.includes(each),
  );
  expect(mayDial(address("192.168.1.7", 7000))).toBe(true);
  expect(mayDial(address("192.168.1.7", 7001))).toBe(false);
  expect(mayDial(address("192.168.1.7", 7390))).toBe(false);
});
