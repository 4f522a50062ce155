import { expect, test } from "vitest";
import { describeInBrowser, eventually, rowsOf } from "./browser.ts";

describeInBrowser("transfers", (lab) => {
  test("of ten thousand only those in sight are in the document, and the end can be reached", async () => {
    const { page } = await lab.open({ world: { transfers: 10_000 }, place: "#/transfers" });
    await rowsOf(page).nth(5).waitFor();

    expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("9001");
    expect(await rowsOf(page).count()).toBeLessThan(60);

    // A page of rows is fetched whenever the last one known comes into sight.
    await rowsOf(page)
      .first()
      .click({ modifiers: ["Control"] });
    await eventually(async () => {
      await page.keyboard.press("End");
      return Number(await rowsOf(page).last().getAttribute("aria-rowindex"));
    }).toBeGreaterThan(1000);
    expect(await rowsOf(page).count()).toBeLessThan(60);
  });

  test("the state stands there with its reason in words", async () => {
    const { page } = await lab.open({ place: "#/transfers" });

    await page
      .getByText("Waiting: queued at 14 with the only source.")
      .or(page.getByText(/Waiting: all 3/))
      .first()
      .waitFor();
    await page.getByText("Done: SHA-1 matches.").first().waitFor();
  });

  test("progress moves by itself, and a transfer that ends says so", async () => {
    const { page, server } = await lab.open({ world: { transfers: 3 }, place: "#/transfers" });
    const [first] = server.world.transfers;
    await rowsOf(page).first().waitFor();
    const bar = rowsOf(page).first().getByRole("progressbar");

    if (first !== undefined) Object.assign(first, { size: 4_000_000, bytesDone: 100_000, rate: 400_000 });
    const before = Number(await bar.getAttribute("aria-valuenow"));
    await eventually(async () => Number(await bar.getAttribute("aria-valuenow"))).not.toBe(before);

    if (first !== undefined) first.bytesDone = 3_999_000;
    await rowsOf(page).first().getByText("Done: SHA-1 matches.").waitFor();
    await page
      .getByRole("contentinfo")
      .getByText(/Finished:/)
      .waitFor();
  });

  test("space pauses and resumes what is active, by keys alone", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).first().waitFor();

    await page.keyboard.press("j");
    await page.keyboard.press(" ");
    await rowsOf(page).first().getByText("Paused by you.").waitFor();
    await page.keyboard.press(" ");
    await rowsOf(page)
      .first()
      .getByText(/Active/)
      .waitFor();
    expect(server.changes.filter((change) => change === "POST transfers/batch")).toHaveLength(2);
  });

  test("cancelling can be undone, and is not sent before that has passed", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).first().waitFor();
    await page.keyboard.press("j");

    await page.keyboard.press("Delete");
    await page.getByText(/Cancelled; its partial data is deleted:/).waitFor();
    expect(await rowsOf(page).first().getAttribute("data-leaving")).toBe("true");
    await page.getByRole("button", { name: "Undo" }).click();
    expect(await rowsOf(page).first().getAttribute("data-leaving")).toBe("false");
    expect(server.changes).not.toContain("POST transfers/batch");
  });

  test("closing the window does at once what could still be undone", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Delete");
    await page.getByRole("button", { name: "Undo" }).waitFor();

    await page.close({ runBeforeUnload: true });

    await eventually(() => server.changes).toContain("POST transfers/batch");
    expect(server.world.transfers[0]?.state).toBe("cancelled");
  });

  test("Why tells the causal chain, and its actions are the daemon's own", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).nth(2).waitFor();
    await page.keyboard.press("j");

    await page.keyboard.press("w");
    const details = page.getByRole("complementary", { name: "Details" });
    await details.getByText("127.0.0.9:6348 sent wrong bytes for piece 3 and was dropped.").waitFor();
    expect(await details.getByRole("button", { name: "Elsewhere" }).count()).toBe(0);

    await details.getByRole("button", { name: "Try again now" }).click();
    await eventually(() => server.changes).toContain("POST transfers/t_0/retry");
  });

  test("many can be selected and paused together", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).nth(5).waitFor();

    await rowsOf(page)
      .nth(0)
      .click({ modifiers: ["Control"] });
    await rowsOf(page)
      .nth(3)
      .click({ modifiers: ["Shift"] });
    await page.getByText("4 transfers selected").waitFor();
    await page.getByRole("main").getByRole("button", { name: "Pause", exact: true }).click();

    const states = () => server.world.transfers.slice(0, 5).map(({ state }) => state);
    await eventually(states).toEqual(["paused", "paused", "paused", "paused", "checking"]);
  });

  test("columns sort, first the largest, then the smallest, then as they were", async () => {
    const { page } = await lab.open({ place: "#/transfers" });
    const header = page.getByRole("columnheader", { name: "Size" });
    const sizes = () => rowsOf(page).locator("[role=gridcell]:nth-child(5)").allTextContents();
    await rowsOf(page).first().waitFor();
    const natural = await sizes();

    await header.getByRole("button").click();
    await eventually(() => header.getAttribute("aria-sort")).toBe("descending");
    await eventually(async () => (await sizes())[0]).toMatch(/GB|MB/);
    await header.getByRole("button").click();
    await eventually(() => header.getAttribute("aria-sort")).toBe("ascending");
    await eventually(async () => (await sizes())[0]).toMatch(/kB/);
    await header.getByRole("button").click();
    await eventually(sizes).toEqual(natural);
  });

  test("a magnet in the search box is looked at before it is added", async () => {
    const { page, server } = await lab.open();

    await page.keyboard.press("/");
    await page.keyboard.type("magnet:?xt=urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB&dn=tide.txt");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Add a link" });
    await dialog.getByText("tide.txt", { exact: true }).waitFor();
    expect(server.changes).not.toContain("POST transfers");

    await dialog.getByRole("button", { name: "Get" }).click();
    await page.getByText("Added to transfers:").waitFor();
  });

  test("an empty list says what belongs there and where to begin", async () => {
    const { page } = await lab.open({ world: { transfers: 0 }, place: "#/transfers" });

    await page.getByText("Nothing here yet").waitFor();
    await page.getByRole("main").getByRole("button", { name: "Search" }).click();
    await page.getByText("What are you looking for?").waitFor();
  });

  test("on a phone rows are cards, and details cover the screen", async () => {
    const { page } = await lab.open({ place: "#/transfers", size: { width: 390, height: 844 } });
    await rowsOf(page).nth(3).waitFor();

    expect(await page.getByRole("columnheader").count()).toBe(0);
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(wide).toBeLessThanOrEqual(390);
    await rowsOf(page).nth(1).click();
    const box = await page.getByRole("complementary", { name: "Details" }).boundingBox();
    expect(box?.width).toBe(390);
  });
});
