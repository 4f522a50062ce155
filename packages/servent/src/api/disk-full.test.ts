import { afterEach, beforeEach, expect, test } from "vitest";
import { problemFrom } from "./problem.ts";
import { type HandMade, handMade } from "./testing/hand-made-app.ts";
import { ask } from "./testing/request.ts";

let made: HandMade;

beforeEach(async () => {
  made = await handMade();
  await made.api.listen();
});
afterEach(() => made.close());

const FILL = "INSERT INTO ballast VALUES (zeroblob(100000))";

/** From now on `FILL` meets a full disk, and so does writing when a token was used. */
function fillDisk(): void {
  made.database.exec(`
    CREATE TABLE ballast (bytes BLOB);
    CREATE TRIGGER no_room BEFORE UPDATE ON api_tokens BEGIN ${FILL}; END;
    PRAGMA max_page_count = 1`);
}

test("a token still opens the door when its use cannot be written down, and the log says so once", async () => {
  const { body } = await ask(made, "socket", "/api/v1/tokens", { body: { scopes: ["read"] } });
  fillDisk();

  for (let times = 0; times < 2; times++) {
    const answer = await ask(made, "tcp", "/api/v1/system", { headers: { authorization: `Bearer ${body.secret}` } });
    expect(answer.status).toBe(200);
  }

  expect(made.app.log.entries({ level: "warn" })).toHaveLength(1);
});

test("a request that must be written down is answered 507 disk_full on a full disk", async () => {
  fillDisk();
  made.searches.start = () => {
    made.database.exec(FILL);
    throw new Error("not reached");
  };

  const answer = await ask(made, "socket", "/api/v1/searches", { body: { words: "tide" } });

  expect(answer.status).toBe(507);
  expect(answer.body).toMatchObject({
    code: "disk_full",
    detail: expect.stringContaining("is full"),
    hint: expect.stringContaining("Make room"),
  });
});

test("a failing disk is told as such, another error of the database stays ours", () => {
  const fails = (errcode: number) => Object.assign(new Error("disk I/O error"), { errcode });
  // 778 is SQLITE_IOERR with a detail: it could not write.
  expect(problemFrom(fails(778), "q_1").problem).toMatchObject({ status: 507, code: "disk_full" });
  expect(problemFrom(fails(1), "q_1").problem).toMatchObject({ status: 500, code: "internal" });
});

test("the API knows the ports it listens on, also those the system chose, until it is closed", async () => {
  expect(made.api.ports).toEqual([Number(new URL(made.api.place.httpUrl as string).port)]);
  await made.api.close();
  expect(made.api.ports).toEqual([]);
});
