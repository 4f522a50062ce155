import { expect, test } from "vitest";
import { describeInBrowser, eventually, rowsOf } from "./browser.ts";

describeInBrowser("library, networks, settings", (lab) => {
  test("a folder is shared only after its preview, and its scan can be watched", async () => {
    const { page, server } = await lab.open({ world: { shares: false }, place: "#/library" });
    await page.getByText("That is fine; some peers will serve you last.").waitFor();

    await page.getByRole("button", { name: "Add folder" }).click();
    const dialog = page.getByRole("dialog", { name: "Share a folder" });
    await dialog.getByLabel("Folder").fill("/home/demo");
    await dialog.getByRole("button", { name: "Preview" }).click();
    await dialog.getByText("/home/demo is too much to share.").waitFor();

    await dialog.getByLabel("Folder").fill("/home/demo/Tapes");
    await dialog.getByRole("button", { name: "Preview" }).click();
    await dialog.getByText("Peers will see 164 files, 1.9 GB.").waitFor();
    await dialog.getByText("a symbolic link").waitFor();
    expect(server.changes).not.toContain("POST shares");

    await dialog.getByRole("button", { name: "Share 164 files" }).click();
    await page
      .getByText(/Looking through folders|Identifying files/)
      .first()
      .waitFor();
    await page.getByText("164 files", { exact: true }).waitFor({ timeout: 15_000 });
  });

  test("problems of a share are listed with their reason", async () => {
    const { page } = await lab.open({ place: "#/library" });

    await page.getByText("3 problems").click();

    await page.getByText("2019/locked.txt").waitFor();
    await page.getByText("Changed meanwhile").waitFor();
    await page.getByText(/no handles left to watch folders/).waitFor();
  });

  test("ending a share can be undone", async () => {
    const { page, server } = await lab.open({ place: "#/library" });
    await page.getByRole("button", { name: "Stop sharing" }).first().click();
    await page.getByText("No longer shared:").waitFor();

    await page.getByRole("button", { name: "Undo" }).click();

    await page.getByRole("heading", { name: "Sound" }).waitFor();
    expect(server.changes).toEqual(["POST session"]);
  });

  test("a switch turns a network on, and peers appear by themselves", async () => {
    const { page } = await lab.open({ world: { networks: [] }, place: "#/networks" });
    await page.getByText("Switch a network on to be linked to peers.").waitFor();

    await page.getByRole("switch", { name: /Gnutella/ }).click({ force: true });

    await eventually(() => rowsOf(page).count()).toBe(5);
    await page.getByRole("banner").getByText("Reachable").waitFor();
  });

  test("a first peer is checked before it is sent", async () => {
    const { page, server } = await lab.open({ place: "#/networks" });
    await page.getByRole("button", { name: "Add a peer" }).first().click();
    const dialog = page.getByRole("dialog", { name: "First peer for Gnutella" });

    await dialog.getByLabel("Address and port").fill("somewhere");
    await page.keyboard.press("Enter");
    await dialog.getByText("Write an address and a port, like 192.0.2.7:8888.").waitFor();
    await dialog.getByLabel("Address and port").fill("127.0.0.5:6346");
    await page.keyboard.press("Enter");

    await page.getByText("Added. It is being asked.").waitFor();
    expect(server.changes).toContain("POST networks/gnutella/bootstrap");
  });

  test("a first index server may be behind TLS, and a redirector may stand for it", async () => {
    const { page, server } = await lab.open({ world: { networks: ["napster"] }, place: "#/networks" });
    await page.getByRole("button", { name: "Details: Napster" }).click();
    await page.getByRole("button", { name: "Name a peer to ask" }).click();
    const field = page.getByRole("dialog", { name: "Index server for Napster" }).getByLabel("Address and port");

    await field.fill("ssl:192.0.2.7:8889");
    await page.keyboard.press("Enter");
    await page.getByText("Write an address and a port, like 192.0.2.7:8888.").waitFor();
    await field.fill(`tls:192.0.2.7:8889#${"AB:".repeat(31)}AB`);
    await page.keyboard.press("Enter");

    await page.getByText("Added. It is being asked.").waitFor();
    expect(server.changes).toContain("POST networks/napster/bootstrap");
  });

  test("an action of Why that needs an address asks for it first", async () => {
    const { page, server } = await lab.open({ place: "#/networks" });

    await page.getByRole("button", { name: "Details: Gnutella" }).click();
    await page.getByRole("button", { name: "Name a peer to ask" }).click();

    await page.getByRole("dialog", { name: "First peer for Gnutella" }).waitFor();
    expect(server.changes).not.toContain("POST networks/gnutella/bootstrap");
  });

  test("a peer can be looked at and let go", async () => {
    const { page, server } = await lab.open({ place: "#/networks" });
    await rowsOf(page).first().click();
    const details = page.getByRole("complementary", { name: "Details" });

    await details.getByRole("button", { name: "Disconnect" }).click();

    await details.waitFor({ state: "detached" });
    expect(server.changes).toContain("DELETE peers/p_gnutella_0");
  });

  test("slow mode is one switch at the top, and follows the daemon", async () => {
    const { page, server } = await lab.open();
    const slow = page.getByRole("banner").getByRole("switch", { name: "Slow mode" });

    await slow.click();
    await eventually(() => server.world.limits.slow.enabled).toBe(true);

    server.world.limits = { ...server.world.limits, slow: { ...server.world.limits.slow, enabled: false } };
    server.world.emit("limit.changed", {});
    await eventually(() => slow.isChecked()).toBe(false);
  });

  test("limits take what people write, and refuse what is no rate", async () => {
    const { page, server } = await lab.open({ place: "#/settings" });
    const down = page.getByRole("textbox", { name: "Download", exact: true });

    await down.fill("fast");
    await page.getByText(/Write a rate like/).waitFor();
    expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await down.fill("4 Mbit");
    await page.getByRole("button", { name: "Save" }).click();

    await eventually(() => server.world.limits.down).toBe(500_000);
  });

  test("a setting is changed in place, told where it is refused, and a pinned one has a lock", async () => {
    const { page } = await lab.open({ place: "#/settings" });
    await page.getByRole("textbox", { name: "Find a setting" }).fill("downloads at the same");
    await page.getByText("transfers.activeDown").waitFor();
    expect(await page.getByText("http.listen").count()).toBe(0);

    await page.getByRole("button", { name: "Change" }).click();
    await page.getByRole("textbox", { name: "transfers.activeDown" }).fill("many");
    await page.keyboard.press("Enter");
    await page.getByText("transfers.activeDown must be a whole number, 1 to 1000.").waitFor();
    await page.getByRole("textbox", { name: "transfers.activeDown" }).fill("3");
    await page.keyboard.press("Enter");
    await page.getByText("Changed:").waitFor();

    await page.getByRole("textbox", { name: "Find a setting" }).fill("listen");
    await page.getByText("Set in config.jsonc:4; change it there.").waitFor();
    expect(await page.getByRole("button", { name: "Change" }).count()).toBe(0);
  });

  test("the theme can be chosen against the system's", async () => {
    const { page } = await lab.open({ place: "#/settings", colorScheme: "light" });
    const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const light = await background();

    await page.getByLabel("Theme").selectOption("dark");

    await eventually(background).not.toBe(light);
    await page.reload();
    await eventually(background).not.toBe(light);
  });

  test("every screen is two keys away, and ? lists the keys", async () => {
    const { page } = await lab.open();
    for (const [keys, title] of [
      ["gt", "Transfers"],
      ["gl", "Library"],
      ["gn", "Networks"],
      ["ge", "Settings"],
      ["gs", "Search"],
    ] as const) {
      for (const key of keys) await page.keyboard.press(key);
      await eventually(() => page.title()).toContain(title);
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).getByText("Pause, resume").waitFor();
  });

  test("single letters can be switched off", async () => {
    const { page } = await lab.open({ place: "#/settings" });
    await page.getByRole("switch", { name: "Use single letters" }).click();

    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.keyboard.press("?");

    expect(await page.title()).toContain("Settings");
    expect(await page.getByRole("dialog").count()).toBe(0);
  });

  test("logging out leads to the login screen", async () => {
    const { page } = await lab.open({ place: "#/settings" });

    await page.getByRole("button", { name: "Log out" }).click();

    await page.getByText("servent open").waitFor();
  });
});
