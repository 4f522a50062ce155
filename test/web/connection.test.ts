import { expect, test } from "vitest";
import { describeInBrowser, eventually, rowsOf } from "./browser.ts";
import { problem } from "./scripted-server/routes.ts";

describeInBrowser("the connection to the daemon", (lab) => {
  test("a silent daemon is told with a countdown, and what is shown is greyed until it is back", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).first().waitFor();

    await server.silence();
    await page.getByText("Disconnected.").waitFor();
    await page.getByText(/Trying again in \d+ s\./).waitFor();
    expect(await page.locator("[data-stale=true]").count()).toBe(1);
    expect(await rowsOf(page).count()).toBeGreaterThan(5);

    await server.listen();
    await page.getByText("Disconnected.").waitFor({ state: "detached", timeout: 20_000 });
    expect(await page.locator("[data-stale=false]").count()).toBe(1);
  });

  test("what happened meanwhile is there after the return", async () => {
    const { page, server } = await lab.open({ world: { transfers: 5 }, place: "#/transfers" });
    await rowsOf(page).first().waitFor();
    await server.silence();
    await page.getByText("Disconnected.").waitFor();

    const { transfer } = server.world.addTransfer(undefined, "added while nobody looked.txt", 1000);
    await server.listen();

    await page.getByText(transfer.name).first().waitFor();
  });

  test("who does not want to wait for the next try need not", async () => {
    const { page, server } = await lab.open();
    server.trouble(/GET events$/, problem(503, "not_reachable", "Not now."));
    server.cutStreams();
    // The waits have grown to some seconds by then.
    await page.getByText(/Trying again in [3-8] s\./).waitFor({ timeout: 20_000 });

    server.calm();
    await page.getByRole("button", { name: "Try now" }).click();

    await page.getByText("Disconnected.").waitFor({ state: "detached", timeout: 2000 });
  });

  test("reset makes the page fetch everything anew", async () => {
    const { page, server } = await lab.open({ world: { transfers: 5 }, place: "#/transfers" });
    await rowsOf(page).first().waitFor();

    for (const transfer of server.world.transfers)
      Object.assign(transfer, { state: "paused", text: "Changed unseen." });
    server.world.emit("reset", { reason: "too_slow" });

    await page.getByText("Changed unseen.").first().waitFor();
  });

  test("a list that cannot be loaded says why, with its code, and can be tried again", async () => {
    const { page, server } = await lab.open();
    server.trouble(
      /GET transfers$/,
      problem(507, "disk_full", "The database cannot be read: the disk is full.", "Free some space."),
    );

    await page.goto(`${server.url}#/transfers`);
    const alert = page.getByRole("alert");
    await alert.getByText("The database cannot be read: the disk is full. Free some space.").waitFor();
    await alert.getByText("disk_full").waitFor();

    server.calm();
    await alert.getByRole("button", { name: "Try again" }).click();
    await rowsOf(page).first().waitFor();
  });

  test("what was loaded stays when the next load fails", async () => {
    const { page, server } = await lab.open({ place: "#/networks" });
    await page.getByRole("switch", { name: /Gnutella/ }).waitFor();

    server.trouble(/GET networks$/, problem(500, "internal", "Something broke."));

    await page.getByText("Only a part is shown: the rest could not be loaded.").waitFor();
    expect(await page.getByRole("switch", { name: /Gnutella/ }).count()).toBe(1);
  });

  test("a skeleton appears only where the answer takes its time", async () => {
    const { page, server } = await lab.open();
    server.trouble(/GET shares$/, 1500);

    await page.goto(`${server.url}#/library`);
    const skeleton = page.getByRole("status", { name: "Loading" });
    await skeleton.waitFor();
    expect(await page.evaluate(`getComputedStyle(document.querySelector("[aria-label=Loading]")).animationDelay`)).toBe(
      "0.15s",
    );
    await page.getByText("Field notes", { exact: true }).waitFor();
    expect(await skeleton.count()).toBe(0);
  });

  test("an act that fails is told, and changes nothing on the page", async () => {
    const { page, server } = await lab.open({ place: "#/networks" });
    server.trouble(
      /PATCH networks/,
      problem(409, "port_in_use", "Port 6347 is taken by another program.", "Choose another."),
    );

    await page.getByRole("switch", { name: /Napster/ }).click({ force: true });

    await page.getByText("Port 6347 is taken by another program.").waitFor();
    await eventually(() => page.getByRole("switch", { name: /Napster/ }).isChecked()).toBe(false);
  });

  test("an event of an unknown kind or shape harms nothing", async () => {
    const { page, server } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).first().waitFor();

    server.world.emit("transfer.progress", { id: "t_0", sources: 3, name: null, rate: "fast" });
    server.world.emit("transfer.state", {});
    server.world.emit("peer.up", { peer: null });
    server.world.emit("something.new", { id: 7 });
    server.world.emit("transfer.state", { id: "t_0", text: "Still here." });

    await rowsOf(page).first().getByText("Still here.").waitFor();
  });
});
