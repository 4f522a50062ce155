import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, test } from "vitest";
import { describeInBrowser, ended, eventually, rowsOf, searchFor } from "./browser.ts";

/** Evaluated in the page; what pulses for ever does not count. */
const NOTHING_MOVES = `document.getAnimations().every(({ playState, effect }) =>
  playState !== "running" || effect.getTiming().iterations === Infinity)`;

/** What has the focus, and whether that is to be seen. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === document.body) return "the end";
  const { outlineStyle, boxShadow } = getComputedStyle(element);
  const hasRing = element.closest("form, label, .mantine-Switch-root")?.matches(":focus-within");
  const isSeen = outlineStyle !== "none" || boxShadow !== "none" || hasRing || element.matches("[role=grid]");
  return (isSeen ? "" : "UNSEEN ") + (element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent);
})()`;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Each theme once, each layout once. */
const LOOKS = [
  { colorScheme: "light", size: { width: 1440, height: 900 } },
  { colorScheme: "dark", size: { width: 390, height: 844 } },
  { colorScheme: "dark", size: { width: 1440, height: 900 } },
] as const;
/** Eight screens, and axe takes its time on each. */
const LONG_MS = 120_000;

describeInBrowser("access", (lab) => {
  for (const { colorScheme, size } of LOOKS) {
    test(
      `every screen passes axe, ${colorScheme}, ${size.width} px wide`,
      async () => {
        const { page, server } = await lab.open({ colorScheme, size });
        const check = async (where: string) => {
          // Colours fade in; half-way they are fainter than they will be.
          await eventually(() => page.evaluate(NOTHING_MOVES)).toBe(true);
          // Evaluated by the test's own tool, so that the page's policy need not allow it.
          const { violations } = await page.evaluate<AxeResults>(
            `${AXE}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] })`,
          );
          const told = violations.map(
            ({ id, nodes }) =>
              `${where}: ${id}: ${nodes
                .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`)
                .slice(0, 2)
                .join(" | ")}`,
          );
          expect(told).toEqual([]);
        };

        await page.getByText("What are you looking for?").waitFor();
        await check("home");
        await searchFor(page, "tide");
        await ended(page);
        await check("results");
        await rowsOf(page)
          .nth(1)
          .click({ position: { x: 150, y: 12 } });
        await page.getByRole("complementary").waitFor();
        await check("result");
        for (const screen of ["transfers/t_2", "library", "networks", "settings"]) {
          await page.goto(`${server.url}#/${screen}`);
          await page.getByRole("heading", { level: 1 }).waitFor();
          if (screen.startsWith("transfers")) await page.getByText("You added it from a search.").waitFor();
          await check(screen);
        }
        await page.keyboard.press("?");
        await page.getByRole("dialog").getByText("Pause, resume").waitFor();
        await check("keys");
      },
      LONG_MS,
    );
  }

  test("tab reaches everything, in an order that follows the eye, with a focus that is seen", async () => {
    const { page } = await lab.open({ place: "#/transfers" });
    await rowsOf(page).first().waitFor();

    const seen: string[] = [];
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate<string>(FOCUSED);
      if (name === "the end") break;
      seen.push(name);
    }

    expect(seen.filter((name) => name.startsWith("UNSEEN"))).toEqual([]);
    expect(seen[0]).toBe("Skip to content");
    expect(seen).toEqual(expect.arrayContaining(["Search all networks, or paste a magnet or URN", "Downloads"]));
  });

  test("at twice the size nothing is cut off sideways", async () => {
    const { page } = await lab.open({ place: "#/settings", size: { width: 720, height: 450 } });
    await page.getByRole("heading", { level: 1 }).waitFor();

    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
  });
});
