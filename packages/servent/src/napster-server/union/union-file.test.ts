import { describe, expect, test } from "vitest";
import { parseUnionFile, readUnionFile } from "./union-file.ts";

const parse = (...lines: readonly string[]): unknown => parseUnionFile(lines.join("\n"), "union.conf");

describe("the file of a union", () => {
  test("says where other servers come in, which are dialled, and the key", () => {
    expect(
      parse(
        "# ours",
        "key 0123456789abcdef",
        "",
        "listen 10.0.0.5:8890",
        "server 10.0.0.6:8890",
        "server 10.0.0.7:8890",
      ),
    ).toEqual({
      by: "links",
      options: {
        key: "0123456789abcdef",
        listen: "10.0.0.5:8890",
        servers: ["10.0.0.6:8890", "10.0.0.7:8890"],
        isPlain: false,
      },
    });
    expect(parse("key k", "listen 0.0.0.0:8890", "advertise 192.0.2.7:8890", "plain")).toEqual({
      by: "links",
      options: { key: "k", listen: "0.0.0.0:8890", advertise: "192.0.2.7:8890", servers: [], isPlain: true },
    });
  });

  test("or which union on which bus", () => {
    expect(parse("nats nats://u:p@10.0.0.9:4222", "nats nats://10.0.0.10:4222", "union harbour")).toEqual({
      by: "nats",
      options: { union: "harbour", urls: ["nats://u:p@10.0.0.9:4222", "nats://10.0.0.10:4222"] },
    });
  });

  test("that cannot be understood is refused with the line, and never with what may be the key", () => {
    expect(() => parse("key k", "listen")).toThrow("line 2");
    expect(() => parse("keys secret")).toThrow("line 1");
    expect(() => parse("key secret words")).not.toThrow("secret");
    expect(() => parse("key secret", "key secret")).toThrow("line 2");
    expect(() => parse("plain text")).toThrow("line 1");
    expect(() => parse("key k")).toThrow("describes no union");
    expect(() => parse("nats nats://h", "union u", "key k")).toThrow("line 3: there is no `key` beside `nats`.");
    expect(() => parse("plain", "nats nats://h", "union u")).toThrow("line 1: there is no `plain` beside `nats`.");
    expect(() => parse("nats nats://h")).toThrow("describes no union");
    expect(() => readUnionFile("/does/not/exist", () => {})).toThrow("cannot be read");
  });
});
