import { expect, test } from "vitest";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Answer, Request } from "@servent/overlay/protocols/introducer/messages.ts";
import { answerWebCache, type WebCacheOptions } from "./web-cache.ts";

const at = (text: string): Address => parseEndpoint(text) as Address;
const FROM = at("198.51.100.4:40000");
const PEERS = ["192.0.2.1:6346", "192.0.2.2:6347"].map((text, i) => ({
  network: "gnutella/ultrapeer",
  address: at(text),
  ageSeconds: 60 * i,
  load: 0,
}));

function asked(query: string, answer: Answer = { kind: "peers", peers: PEERS, againSeconds: 60 }) {
  const requests: Request[] = [];
  const options: WebCacheOptions = {
    name: "Servent/0.1.0",
    others: ["https://other.example/gwc"],
    answer: (_from, request) => {
      requests.push(request);
      return answer;
    },
    statistics: () => [12, 3, 1],
  };
  return { ...answerWebCache(new URLSearchParams(query), FROM, options), requests };
}
const JOINED: Answer = { kind: "joined", reachable: "unknown", againSeconds: 60 };
const TOO_OFTEN: Answer = { kind: "refused", reason: "too_often", againSeconds: 9 };

test.each([
  ["hostfile=1&client=GTKG&version=1.2", "192.0.2.1:6346\r\n192.0.2.2:6347\r\n"],
  ["urlfile=1&client=GTKG&version=1.2", "https://other.example/gwc\r\n"],
  ["ping=1&client=GTKG&version=1.2", "PONG Servent/0.1.0\r\n"],
  ["statfile=1", "12\r\n3\r\n1\r\n"],
])("version 1: %s", (query, text) => {
  expect(asked(query)).toMatchObject({ status: 200, text });
});

test("version 1: an update is taken for whoever brings it, with a word about what is not", () => {
  const { text, requests } = asked("ip=198.51.100.4:6346&url=http%3A%2F%2Fevil.example%2F", JOINED);
  expect(text).toBe("OK\r\nWARNING: URL adding is disabled\r\n");
  expect(requests).toEqual([{ kind: "join", network: "gnutella/ultrapeer", port: 6346, load: 0 }]);
});

test("version 2: hosts with their ages, other caches, a pong and what came of the update, each line by its letter", () => {
  expect(asked("get=1&ping=1&net=gnutella&client=RAZA&version=2.7").text.split("\r\n")).toEqual([
    "I|pong|Servent/0.1.0|gnutella-gnutella2",
    "H|192.0.2.1:6346|0",
    "H|192.0.2.2:6347|60",
    "U|https://other.example/gwc|0",
    "I|access|period|1800",
    "",
  ]);
  const update = asked("update=1&net=gnutella2&ip=198.51.100.4%3A6346&x.leaves=30&x.max=60&client=RAZA", JOINED);
  expect(update.text.split("\r\n")[0]).toBe("I|update|OK");
  expect(update.requests).toEqual([{ kind: "join", network: "gnutella2/hub", port: 6346, load: 50 }]);
});

test("version 2: where nobody is known, it says so", () => {
  const { text } = asked("get=1&net=gnutella2", { kind: "peers", peers: [], againSeconds: 10 });
  expect(text).toContain("I|NO-HOSTS\r\n");
  expect(text).not.toContain("H|");
});

test.each([
  ["ip=203.0.113.9:6346", "OK\r\nWARNING: Rejected IP\r\n"],
  ["update=1&ip=203.0.113.9:6346", "I|update|WARNING|Rejected IP\r\nI|access|period|1800\r\n"],
  ["ip=localhost:6346", "OK\r\nWARNING: Bad host\r\n"],
  ["ip=198.51.100.4", "OK\r\nWARNING: Bad host\r\n"],
  ["update=1&ip=198.51.100.4:0", "I|update|WARNING|Bad host\r\nI|access|period|1800\r\n"],
])("nobody joins for somebody else, or for nobody: %s", (query, text) => {
  const { requests, ...answer } = asked(query, JOINED);
  expect(answer).toEqual({ status: 200, text });
  expect(requests).toEqual([]);
});

test("whoever comes too often is told so, in both versions", () => {
  expect(asked("hostfile=1", TOO_OFTEN)).toMatchObject({ status: 429, text: "ERROR: You came back too early\r\n" });
  expect(asked("get=1", TOO_OFTEN)).toMatchObject({ status: 429, text: "I|WARNING|You came back too early\r\n" });
  expect(asked("ip=198.51.100.4:6346", TOO_OFTEN).text).toBe("OK\r\nWARNING: You came back too early\r\n");
});

test("a network that no cache here has, and a request for nothing", () => {
  expect(asked("hostfile=1&net=mute").text).toBe("ERROR: Network not supported\r\n");
  expect(asked("get=1&net=mute").text).toBe("I|net-not-supported\r\n");
  expect(asked("client=GTKG").status).toBe(400);
});

test("100,000 broken queries never throw, and no line of an answer is the asker's own", () => {
  const words = [
    "get",
    "update",
    "ping",
    "ip",
    "url",
    "net",
    "hostfile",
    "x.leaves",
    "x.max",
    "=",
    "&",
    "=1&",
    "%0d%0aH|",
    "%",
    "gnutella2",
  ];
  const values = ["1", "0", "198.51.100.4:6346", "1.2.3.4:5", "-1", "NaN", "1e999", "H|9.9.9.9:9|0", "\u0000", "é"];
  let state = 7;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
  const odd: string[] = [];
  for (let run = 0; run < 100_000; run++) {
    let query = "";
    for (let parts = 1 + below(8); parts > 0; parts--) {
      query +=
        below(2) === 0 ? `${words[below(words.length)]}=${values[below(values.length)]}&` : words[below(words.length)];
    }
    const { text, requests } = asked(query, below(2) === 0 ? JOINED : TOO_OFTEN);
    const isWell =
      text.length < 400 &&
      !text.includes("9.9.9.9") &&
      !/[^\r]\n|\r[^\n]/.test(text) &&
      requests.every((each) => each.kind !== "join" || (each.load >= 0 && each.load <= 100 && each.port > 0));
    if (!isWell) odd.push(query);
  }
  expect(odd).toEqual([]);
});
