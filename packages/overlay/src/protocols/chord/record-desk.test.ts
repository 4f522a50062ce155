import { expect, test } from "vitest";
import { parseEndpoint } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";
import type { Message } from "./messages.ts";
import { RecordDesk } from "./record-desk.ts";

const at = (text: string): Address => parseEndpoint(text) as Address;
const SELF = at("192.0.2.1:7000");
const KEY = 5;

/** A desk, and the last answer that it sent. */
function opened() {
  let last: Message<number> | undefined;
  const host = { now: () => 0, u32: () => 7, arm: () => undefined, disarm: () => undefined };
  const desk = new RecordDesk<number>(host, { self: SELF, send: (_to, message) => (last = message) });
  const fetch = (from: Address) => {
    desk.onFetch(from, { kind: "fetch", token: 1, key: KEY, skip: 0 });
    return last as Extract<Message<number>, { kind: "records" }>;
  };
  const store = (from: Address, permit: number, provider: Address, seconds: number) => {
    const record = { provider, value: new Uint8Array([1]) };
    desk.onStore(from, { kind: "store", token: 2, permit, key: KEY, record, seconds }, true);
    return (last as Extract<Message<number>, { kind: "stored" }>).seconds;
  };
  return { desk, fetch, store };
}

test("a record names its provider at the host that stored it, whatever it says", () => {
  const { fetch, store } = opened();
  const sender = at("198.51.100.4:9000");
  const { permit } = fetch(sender);

  expect(store(sender, permit, at("203.0.113.9:80"), 60)).toBe(60);

  expect(fetch(sender).records).toMatchObject([{ provider: at("198.51.100.4:80") }]);
});

test("whoever stored a record takes it back by the name that he gave", () => {
  const { desk, fetch, store } = opened();
  const sender = at("198.51.100.4:9000");
  const { permit } = fetch(sender);
  store(sender, permit, at("10.0.0.4:7000"), 60);

  store(sender, permit, at("10.0.0.4:7000"), 0);

  expect(desk.size).toBe(0);
});

test("without the permit of this host nothing is stored, and nobody's permit is good for another host", () => {
  const { desk, fetch, store } = opened();
  const sender = at("198.51.100.4:9000");
  const other = at("198.51.100.5:9000");
  const { permit } = fetch(other);

  expect(store(sender, permit, sender, 60)).toBe(0);
  expect(store(other, permit, other, 60)).toBe(60);
  expect(desk.size).toBe(1);
});
