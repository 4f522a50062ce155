// Where the pure packages lie, whether they stand beside this one or below `node_modules`.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);

/** Folders of sources whose every byte decides what a run finds. */
export const OVERLAY_SOURCES = path.resolve(require.resolve("@servent/overlay/base/assert.ts"), "../..");
export const LAB_SOURCES = path.resolve(require.resolve("@servent/lab/engine/world.ts"), "../..");

/** The scenarios that come with the lab. */
export const EXPERIMENTS = path.resolve(LAB_SOURCES, "../experiments");
