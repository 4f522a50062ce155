import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative, so that the page also works behind a proxy that serves it under a folder.
  base: "./",
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    // Browsers that know light-dark(); for older ones it would be rewritten into something that needs a style element.
    target: ["chrome123", "firefox120", "safari17.5"],
    // Data URLs would need a hole in the content security policy.
    assetsInlineLimit: 0,
    // Its polyfill is an inline script in some builds; every browser that runs this target knows module preload.
    modulePreload: { polyfill: false },
  },
});
