import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLogin, LINK_SPEEDS_KBPS, linkSpeedOf, parseAcceptance, parseLogin } from "./login.ts";
import { mutations } from "./mutate-fixture.ts";
import { foldNick, isNick } from "./nick.ts";

const TEKNAP = 'alice pw 6699 "TekNap-1.3g" 0 5201 0';

test("a login of TekNap is read", () => {
  expect(parseLogin(TEKNAP)).toEqual({
    ok: true,
    value: {
      nick: "alice",
      password: "pw",
      port: 6699,
      client: "TekNap-1.3g",
      linkSpeed: 0,
      email: "5201",
      compression: 0,
    },
  });
});

test("what is missing or out of range is told apart, since servers answer each differently", () => {
  expect(parseLogin("alice pw 1")).toMatchObject({ ok: false, problem: "fields" });
  expect(parseLogin('alice pw 1 "c" 11')).toMatchObject({ ok: false, problem: "speed", field: "11" });
  expect(parseLogin('alice pw 65536 "c" 3')).toMatchObject({ ok: false, problem: "port", field: "65536" });
  expect(parseLogin('alice pw 1 "c" -1')).toMatchObject({ ok: false, problem: "speed" });
});

test("every login that we write is read back", () => {
  const word = fc.stringMatching(/^[!#-~]{1,30}$/);
  fc.assert(
    fc.property(
      fc.record({
        nick: word,
        password: word,
        port: fc.integer({ min: 0, max: 65_535 }),
        client: fc.stringMatching(/^[ !#-~]{0,32}$/),
        linkSpeed: fc.integer({ min: 0, max: 10 }),
        email: fc.constantFrom("", "a@b.example"),
        compression: fc.integer({ min: 0, max: 9 }),
      }),
      (login) => {
        const email = login.compression > 0 && login.email === "" ? "unknown" : login.email;
        expect(parseLogin(formatLogin(login))).toEqual({ ok: true, value: { ...login, email } });
      },
    ),
  );
});

test("an acceptance names an address, and perhaps a level of compression", () => {
  expect(parseAcceptance("anon@127.0.0.11")).toEqual({ ok: true, value: { email: "anon@127.0.0.11", compression: 0 } });
  expect(parseAcceptance('"a@b" 6')).toEqual({ ok: true, value: { email: "a@b", compression: 6 } });
  expect(parseAcceptance("a 5")).toEqual({ ok: true, value: { email: "a", compression: 0 } });
  expect(parseAcceptance("")).toMatchObject({ ok: false });
});

test("a hundred thousand damaged logins give a login within its bounds, or a problem", () => {
  for (const text of mutations([TEKNAP, 'bob secret 0 "napc 1" 7 a@b 0 6'], 100_000, 2)) {
    const login = parseLogin(text);
    if (!login.ok) continue;
    const { port, linkSpeed, compression, password, client } = login.value;
    expect(port >= 0 && port <= 65_535 && linkSpeed >= 0 && linkSpeed <= 10).toBe(true);
    expect(compression <= 9 && password.length <= 128 && client.length <= 32).toBe(true);
    parseAcceptance(text);
  }
});

test("a link speed is the fastest that is no faster", () => {
  expect(linkSpeedOf(0)).toBe(0);
  expect(linkSpeedOf(56)).toBe(4);
  expect(linkSpeedOf(1_000_000)).toBe(10);
  LINK_SPEEDS_KBPS.forEach((kbps, speed) => expect(linkSpeedOf(kbps)).toBe(speed));
});

test("names are one word of signs that mean nothing, and one name in any case", () => {
  for (const nick of ["alice", "a-b", "[x]", "servent-k7qm2", "nineteen_characters"]) expect(isNick(nick)).toBe(true);
  for (const nick of [
    "",
    "a b",
    "a*b",
    "a?b",
    "a!b",
    'a"b',
    "#a",
    "-a",
    "operserv",
    "OperServ",
    "twenty_characters_xx",
    "é",
  ]) {
    expect(isNick(nick)).toBe(false);
  }
  expect(foldNick("Alice")).toBe(foldNick("aLICE"));
});
