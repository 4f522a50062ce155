import { expect, test } from "vitest";
import type { Message } from "./messages.ts";
import { Requests } from "./requests.ts";

function requests(tries = 2) {
  let now = 0;
  let armed = Number.POSITIVE_INFINITY;
  const sent: string[] = [];
  const heard: string[] = [];
  const host = {
    now: () => now,
    u32: () => 0,
    arm: (_timer: number, delay: number) => void (armed = now + delay),
    disarm: () => void (armed = Number.POSITIVE_INFINITY),
  };
  const port = {
    self: 0,
    send: (to: number, { kind }: Message<number>) => void sent.push(`${kind} to ${to} at ${now}`),
  };
  const made = new Requests<number>(host, port, 0, { timeoutMs: 100, tries });
  const asker = {
    onAnswer: (tag: number, from: number, answer: Message<number>) => void heard.push(`${tag} ${from} ${answer.kind}`),
    onSilence: (tag: number, to: number) => void heard.push(`${tag} ${to} silent at ${now}`),
  };
  const ask = (token: number, to: number): void => made.ask(token, to, { kind: "ping", token }, asker, token);
  const runTo = (end: number): void => {
    while (armed <= end) {
      now = armed;
      armed = Number.POSITIVE_INFINITY;
      made.onTimer();
    }
    now = end;
  };
  return { made, ask, runTo, sent, heard };
}

test("a question is sent again, and then its peer is silent", () => {
  const { ask, runTo, sent, heard, made } = requests();
  ask(1, 5);
  runTo(50);
  ask(2, 6);
  runTo(1000);
  expect(sent).toEqual(["ping to 5 at 0", "ping to 6 at 50", "ping to 5 at 100", "ping to 6 at 150"]);
  expect(heard).toEqual(["1 5 silent at 200", "2 6 silent at 250"]);
  expect(made.answer(5, 1, { kind: "pong", token: 1 })).toBe(false);
});

test("an answer counts once, and only from where the question went", () => {
  const { ask, heard, made } = requests();
  ask(1, 5);
  expect(made.answer(7, 1, { kind: "pong", token: 1 })).toBe(false);
  expect(made.answer(5, 3, { kind: "pong", token: 3 })).toBe(false);
  expect(made.answer(5, 1, { kind: "pong", token: 1 })).toBe(true);
  expect(made.answer(5, 1, { kind: "pong", token: 1 })).toBe(false);
  expect(heard).toEqual(["1 5 pong"]);
});

test("a busy peer gets as much time again, once, and is not silent when that is over", () => {
  const { ask, runTo, heard, made } = requests(1);
  ask(1, 5);
  runTo(90);
  made.onBusy(6, 1);
  made.onBusy(5, 1);
  runTo(150);
  made.onBusy(5, 1);
  runTo(189);
  expect(heard).toEqual([]);
  runTo(200);
  expect(heard).toEqual(["1 5 busy"]);
});

test("what an asker forgets is not answered any more", () => {
  const { ask, runTo, heard, made } = requests();
  ask(1, 5);
  made.cancel();
  expect(made.answer(5, 1, { kind: "pong", token: 1 })).toBe(false);
  runTo(1000);
  expect(heard).toEqual([]);
});
