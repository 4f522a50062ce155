// Opens a page in the user's browser, where there is a desktop.

/** False over SSH and on a bare terminal: a browser there would open on the wrong screen, or not at all. */
export function hasDesktop(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.SSH_CONNECTION !== undefined) return false;
  return process.platform !== "linux" || Boolean(env.DISPLAY ?? env.WAYLAND_DISPLAY);
}

/** Starts the opener and does not wait for it: the link was printed, so that nothing is lost where it fails. */
export async function openInBrowser(url: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const [program = "xdg-open", ...words] = OPENERS[process.platform] ?? [];
  const child = spawn(program, [...words, url], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  // `start` is a word of the shell, and needs quoting of its own.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
