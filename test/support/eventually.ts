// Waiting for programs that tell nobody when they are done: ask again, up to a limit.

/** Often enough not to slow a test, seldom enough to leave the machine to the programs under test. */
const ASK_EVERY_MS = 100;

/** The first answer that is not undefined. Throws after `seconds`, saying what did not happen, with `more` to look into. */
export async function eventually<T>(
  what: string,
  seconds: number,
  answer: () => T | undefined | Promise<T | undefined>,
  more: () => string = () => "",
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = await answer();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}\n${more()}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
