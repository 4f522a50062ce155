import { expect, test } from "vitest";
import { parsePlace, placeHash } from "./router.ts";

test("a place survives its way through the address", () => {
  expect(parsePlace(placeHash("search", "s_1/2 ü"))).toEqual({ screen: "search", id: "s_1/2 ü" });
  expect(parsePlace(placeHash("networks"))).toEqual({ screen: "networks", id: undefined });
});

test("an address that is none leads to the search", () => {
  for (const hash of ["", "#", "#/nowhere/x", "#code=AAAA-BBBB-CCCC", "#/__proto__"]) {
    expect(parsePlace(hash)).toEqual({ screen: "search", id: undefined });
  }
  expect(parsePlace("#/transfers/%E0%A4%A")).toEqual({ screen: "transfers", id: undefined });
});
