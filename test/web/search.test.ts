import { expect, test } from "vitest";
import { describeInBrowser, ended, eventually, rowsOf, searchFor } from "./browser.ts";

describeInBrowser("search", (lab) => {
  test("results come in live, one row per file, and the search ends", async () => {
    const { page } = await lab.open({ world: { hits: 12 } });

    await searchFor(page, "tide");

    await eventually(() => rowsOf(page).count()).toBe(12);
    await ended(page);
    await page.getByText("12 files", { exact: true }).waitFor();
  });

  test("no row moves under the pointer: new ones wait until they are asked for", async () => {
    const { page } = await lab.open({ world: { hits: 40 } });
    await searchFor(page, "tide");
    await rowsOf(page).nth(2).waitFor();
    await rowsOf(page).nth(2).hover();
    const before = await rowsOf(page).allTextContents();

    const waiting = page.getByRole("button", { name: /new – show/ });
    await waiting.waitFor();
    expect(await rowsOf(page).allTextContents()).toEqual(before);

    await ended(page);
    // By the keyboard: on the pointer's way to the button it leaves the rows, and the new ones may come before it is there.
    await waiting.press("Enter");
    await eventually(() => page.getByRole("treegrid").getAttribute("aria-rowcount")).toBe("41");
  });

  test("getting a result adds a transfer, and the row says so", async () => {
    const { page, server } = await lab.open({ world: { hits: 6 } });
    await searchFor(page, "tide");
    await ended(page);

    await rowsOf(page).getByRole("button", { name: "Get", exact: true }).first().click();

    await page.getByText("Added to transfers:").waitFor();
    await page.getByText("In transfers").first().waitFor();
    expect(server.changes).toContain("POST transfers");
    await page.getByRole("button", { name: "Show transfer" }).click();
    await page.getByRole("complementary", { name: "Details" }).waitFor();
    expect(page.url()).toContain("#/transfers/t_");
  });

  test("names from peers are text, kept in their direction, with hidden characters visible", async () => {
    const { page } = await lab.open({ world: { hits: 12 } });
    await searchFor(page, "tide");
    await ended(page);

    await page.getByText("U+202E").first().waitFor();
    await page.getByText("<img src=x onerror=alert(1)>").first().waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);
    const bare = await page.evaluate("/[\\u202a-\\u202e\\u2066-\\u2069\\u200b]/.test(document.body.textContent)");
    expect(bare).toBe(false);
    expect(await rowsOf(page).locator("bdi").count()).toBeGreaterThan(12);
  });

  test("tabs stay over a reload, and a forgotten one can be brought back", async () => {
    const { page, server } = await lab.open({ world: { hits: 5 } });
    await searchFor(page, "tide");
    await ended(page);

    await page.reload();
    await eventually(() => rowsOf(page).count()).toBe(5);

    await page.getByRole("button", { name: "Forget the search tide" }).click();
    await page.getByText("What are you looking for?").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("link", { name: /^tide/ }).waitFor();
    expect(server.changes.filter((change) => change.startsWith("DELETE"))).toEqual([]);
  });

  test("a filter is the daemon's; one it does not understand is told beside the field", async () => {
    const { page } = await lab.open({ world: { hits: 20 } });
    await searchFor(page, "tide");
    await ended(page);
    const filter = page.getByRole("textbox", { name: "Filter" });

    await filter.fill("forest");
    await eventually(() => rowsOf(page).count()).toBeLessThan(20);
    for (const row of await rowsOf(page).allTextContents()) expect(row.toLowerCase()).toContain("forest");

    await filter.fill("size>huge");
    await page.getByText('"huge" is no size.').waitFor();

    await filter.fill("matches nothing at all");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await eventually(() => rowsOf(page).count()).toBe(20);
  });

  test("keys alone find, expand, open and copy", async () => {
    const { page } = await lab.open({ world: { hits: 6 } });
    await searchFor(page, "tide");
    await ended(page);
    await page.evaluate("document.activeElement.blur()");

    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await eventually(() => page.getByRole("treegrid").getAttribute("aria-activedescendant")).toMatch(/g_tide/);
    await page.keyboard.press("ArrowRight");
    await eventually(() => page.locator("[role=row][aria-expanded=true]").count()).toBe(1);
    await page.keyboard.press("Enter");
    const details = page.getByRole("complementary", { name: "Details" });
    await details.waitFor();
    await details.getByRole("button", { name: /Copy URN/ }).press("Enter");
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/^urn:sha1:/);
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });
  });

  test("with no network on, the page offers the switches instead of an empty list", async () => {
    const { page } = await lab.open({ world: { networks: [] } });

    await page.getByRole("main").getByText("No network is on").waitFor();
    await page.getByRole("switch", { name: "Gnutella" }).click();
    await page.getByText("What are you looking for?").waitFor();
  });

  test("nothing found says whom it asked and what to try", async () => {
    const { page } = await lab.open();

    await searchFor(page, "nothing");

    await page.getByText("Nothing found").waitFor({ timeout: 15_000 });
    await page.getByText(/Try fewer words/).waitFor();
  });

  test("what a network says of its answer stands in the place of good advice", async () => {
    const { page } = await lab.open();

    await searchFor(page, "@bob");

    await page.getByText("Napster: No user bob is logged in there.").waitFor();
    expect(await page.getByText(/Try fewer words/).count()).toBe(0);
  });

  test("the demo offers examples, and one press searches", async () => {
    const { page } = await lab.open({ world: { hits: 3 } });

    await page.getByRole("button", { name: "moon", exact: true }).click();

    await eventually(() => rowsOf(page).count()).toBe(3);
  });
});
