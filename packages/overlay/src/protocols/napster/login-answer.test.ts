import { expect, test } from "vitest";
import { loginAnswerOf } from "./login-answer.ts";

test.each([
  [3, "anon@10.0.0.1", { kind: "accepted" }],
  [0, "Invalid Password", { kind: "refused", text: "Invalid Password" }],
  [0, "anna is already active", { kind: "name-taken", text: "anna is already active" }],
  [0, "This server is full.", { kind: "failed", text: "This server is full." }],
  [5, "1.0", undefined],
  [9, "", { kind: "name-taken", text: "the name is in use" }],
  [10, "", { kind: "refused", text: "the server does not take this name" }],
  [404, "wait a moment", { kind: "notice", text: "wait a moment" }],
])("message %i with %j is understood as what its server means", (type, text, answer) => {
  expect(loginAnswerOf({ type, text })).toEqual(answer);
});
