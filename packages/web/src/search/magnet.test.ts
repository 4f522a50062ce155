import { expect, test } from "vitest";
import { magnetOf } from "./magnet.ts";

test("a magnet carries hashes, size and name, and no name breaks it", () => {
  const urns = ["urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB", "urn:ttroot:ABC"];

  expect(magnetOf({ urns, size: 812, name: "tide & moon?.txt" })).toBe(
    "magnet:?xt=urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB&xt=urn:ttroot:ABC&xl=812&dn=tide%20%26%20moon%3F.txt",
  );
  // A lone surrogate has no bytes; encoding it as it is would throw.
  expect(magnetOf({ urns: [], size: 1, name: "a\uD800" })).toContain("dn=a%EF%BF%BD");
});
