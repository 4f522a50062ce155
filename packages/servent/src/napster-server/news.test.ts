import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { News } from "./news.ts";

test("what does not change is said once, of each separately", () => {
  const heard: string[] = [];
  const news = new News((text) => heard.push(text));
  for (const about of ["north", "south", "north", "south"]) news.tell(about, `no link with ${about}`);
  news.tell("north", "linked with north");
  news.tell("north", "no link with north");
  news.forget("south");
  news.tell("south", "no link with south");
  expect(heard).toEqual([
    "no link with north",
    "no link with south",
    "linked with north",
    "no link with north",
    "no link with south",
  ]);
});

test("of too many the oldest is forgotten", () => {
  let count = 0;
  const news = new News(() => count++);
  for (let i = 0; i <= LIMITS.newsMax; i++) news.tell(`s${i}`, "up");
  news.tell(`s${LIMITS.newsMax}`, "up");
  news.tell("s0", "up");
  expect(count).toBe(LIMITS.newsMax + 2);
});
