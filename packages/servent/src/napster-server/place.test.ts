import { expect, test } from "vitest";
import { checkPlaces } from "./place.ts";

test("ports of one server differ, at each address and at all together", () => {
  expect(() => checkPlaces({ TLS: "127.0.0.1:8888", "clear text": "0.0.0.0:8888" })).toThrow(
    "The port for clear text is that for TLS: 0.0.0.0:8888.",
  );
  expect(() => checkPlaces({ TLS: "127.0.0.1:8889", redirector: "127.0.0.1:8889" })).toThrow(
    "redirector is that for TLS",
  );
  expect(() => checkPlaces({ TLS: "127.0.0.1:8888", "clear text": "127.0.0.2:8888", redirector: null })).not.toThrow();
  expect(() => checkPlaces({ TLS: "127.0.0.1:0", "clear text": "127.0.0.1:0" })).not.toThrow();
  expect(() => checkPlaces({ statistics: "here" })).toThrow('"here" is no place to listen.');
});
