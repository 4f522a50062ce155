import { expect, test } from "vitest";
import { placeOf } from "./place.ts";

test("a place is an address and a port", () => {
  expect(placeOf("127.0.0.1:8888")).toEqual({ host: "127.0.0.1", port: 8888 });
  expect(placeOf("0.0.0.0:0")).toEqual({ host: "0.0.0.0", port: 0 });
});

test.each(["foo", "localhost:8888", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "[::1]:80", ":80", ""])(
  "what is none is told with how to write it: %s",
  (text) => {
    expect(() => placeOf(text)).toThrowError(
      expect.objectContaining({
        code: "invalid_value",
        message: `"${text}" is no place to listen.`,
        hint: expect.stringContaining("address:port, in digits"),
      }),
    );
  },
);
