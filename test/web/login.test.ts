import { expect, test } from "vitest";
import { describeInBrowser, eventually } from "./browser.ts";
import { CODE } from "./scripted-server/scripted-server.ts";

describeInBrowser("logging in", (lab) => {
  test("a login link opens the page, and its code is gone from address and history", async () => {
    const { page, server } = await lab.open();

    await eventually(() => page.url()).not.toContain("code");
    expect(await page.evaluate("history.length")).toBeLessThanOrEqual(2);
    expect(server.changes).toEqual(["POST session"]);

    await page.reload();
    await page.getByRole("navigation", { name: "Screens" }).waitFor();
  });

  test("without a login the page says how to get one", async () => {
    const { page } = await lab.open({ isLoggedOut: true });

    await page.getByText("servent open").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("a code can be typed, and a wrong one is told in a sentence", async () => {
    const { page } = await lab.open({ isLoggedOut: true });
    const field = page.getByLabel("Or type its code, or a token");

    await field.fill("AAAA-BBBB-CCCC");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("This login is unknown, was used, or has ended.").waitFor();

    await field.fill(CODE);
    await page.keyboard.press("Enter");
    await page.getByRole("navigation", { name: "Screens" }).waitFor();
  });

  test("a login that ends brings back the login screen", async () => {
    const { page, server } = await lab.open();

    server.logOutEverybody();

    await page.getByText("servent open").waitFor();
  });

  test("while no daemon answers, the page says so and goes on by itself when one does", async () => {
    const { page, server } = await lab.open();
    server.trouble(/GET session/, { status: 503, body: { code: "not_reachable", detail: "Not now.", status: 503 } });
    await page.reload();
    await page.getByText("The daemon does not answer").waitFor();

    server.calm();

    await page.getByRole("navigation", { name: "Screens" }).waitFor();
  });
});
