import { expect, test } from "vitest";
import { endpointOf, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import { parseLinkFile, readLinkFile } from "./link-file.ts";

const at = (ip: string, port: number): number => endpointOf(parseIpv4(ip) ?? 0, port);

test("each line is a server, with words for what it may", () => {
  const text =
    "# the harbours\n\nnorth.example 192.0.2.1:8888 ours theirs dial\n  south 192.0.2.2 a b trust dial\r\nwest 192.0.2.3:7777 a b\n";
  expect(parseLinkFile(text, "links")).toEqual([
    {
      name: "north.example",
      address: at("192.0.2.1", 8888),
      ownPassword: "ours",
      theirPassword: "theirs",
      isDialled: true,
      isTrusted: false,
    },
    {
      name: "south",
      address: at("192.0.2.2", 8888),
      ownPassword: "a",
      theirPassword: "b",
      isDialled: true,
      isTrusted: true,
    },
    {
      name: "west",
      address: at("192.0.2.3", 7777),
      ownPassword: "a",
      theirPassword: "b",
      isDialled: false,
      isTrusted: false,
    },
  ]);
});

test.each([
  "north 192.0.2.1:8888 ours",
  "north nowhere ours theirs",
  "north 192.0.2.1:0 ours theirs",
  'no"rth 192.0.2.1:8888 ours theirs',
  "north 192.0.2.1:8888 ours theirs dail",
])("a line that names no server is named itself: %s", (line) => {
  expect(() => parseLinkFile(`# first\n${line}\n`, "links")).toThrow("links: line 2 names no server.");
});

test("more servers than there may be, and a file that is not there, are told", () => {
  const many = Array.from({ length: 33 }, (_, i) => `s${i} 192.0.2.1:8888 a b`).join("\n");
  expect(() => parseLinkFile(many, "links")).toThrow("links names more than 32 servers.");
  expect(() => readLinkFile("/nowhere/links", () => {})).toThrow("/nowhere/links cannot be read.");
});
