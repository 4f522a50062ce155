// What opennap-ng answered to eleven clients, request by request, and what we answer. Where we differ, the vector says why.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type TestClient, TestServer } from "./server-fixture.ts";

const FILE = new URL("../../../../../../test/vectors/napster/opennap-ng-session.txt", import.meta.url);

/** One request and what each client heard of it. */
interface Step {
  readonly line: number;
  readonly who: string;
  readonly what: "open" | "close" | { readonly type: number; readonly text: string };
  /** Of both programs, of opennap-ng alone, of ours alone: in order, as `who type text`. */
  readonly answers: { readonly mark: "<" | "-" | "+"; readonly text: string }[];
}

function steps(): (Step | { readonly wait: number })[] {
  const all: (Step | { readonly wait: number })[] = [];
  for (const [index, line] of readFileSync(FILE, "latin1").split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const [who = "", mark = "", ...rest] = line.split(" ");
    const step = all.at(-1);
    if (who === "wait") all.push({ wait: Number(mark) });
    else if (mark === "open" || mark === "close") all.push({ line: index + 1, who, what: mark, answers: [] });
    else if (mark === ">") {
      const what = { type: Number(rest[0]), text: rest.slice(1).join(" ") };
      all.push({ line: index + 1, who, what, answers: [] });
    } else if ((mark === "<" || mark === "-" || mark === "+") && step !== undefined && "answers" in step) {
      step.answers.push({ mark, text: `${who} ${rest.join(" ")}`.trimEnd() });
    } else throw new Error(`line ${index + 1} of the vector: ${line}`);
  }
  return all;
}

test("our server answers a session of eleven clients as opennap-ng did, but where the vector says otherwise", () => {
  const server = new TestServer({
    self: "127.0.0.11",
    options: { name: "127.0.0.11", motd: ["Welcome to loopback test server 1"] },
  });
  const clients = new Map<string, TestClient>();
  let requests = 0;
  for (const step of steps()) {
    if ("wait" in step) {
      server.runFor(step.wait);
      continue;
    }
    const { who, what } = step;
    if (what === "open") clients.set(who, server.connect("127.0.0.11"));
    else if (what === "close") clients.get(who)?.hangUp();
    else {
      requests++;
      clients.get(who)?.send(what.type, what.text);
    }
    const heard: string[] = [];
    for (const [name, client] of clients) {
      for (const text of client.take()) heard.push(`${name} ${text}`);
      if (client.closed !== undefined) {
        clients.delete(name);
        if (what !== "close") heard.push(`${name} end`);
      }
    }
    const expected = step.answers.filter(({ mark }) => mark !== "-").map(({ text }) => text);
    const inOrder = (lines: readonly string[]) => [...lines].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    expect(inOrder(heard), `line ${step.line} of the vector`).toEqual(inOrder(expected));
  }
  expect(requests).toBe(113);
});

test("every difference from opennap-ng has its reason in front", () => {
  const lines = readFileSync(FILE, "latin1").split("\n");
  for (const [index, line] of lines.entries()) {
    if (!/^\w+ [-+] /.test(line)) continue;
    const above = lines.slice(0, index).findLast((each) => !/^\w+ [-+<] /.test(each)) ?? "";
    expect(above, `line ${index + 1}`).toMatch(/^# We differ: .{10}/);
  }
});

/** Which client an answer is for: only the order of each client's answers means something. */
function nameOf(answer: string): string {
  return answer.split(" ", 1)[0] ?? "";
}
