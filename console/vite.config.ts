import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Compressed once, at build time: the server sends the bytes as they lie. */
const zipped = (): Plugin => ({
  name: "zipped",
  apply: "build",
  closeBundle() {
    const folder = "dist/assets";
    let total = 0;
    for (const name of readdirSync(folder)) {
      if (!/\.(js|css)$/.test(name)) continue;
      const bytes = gzipSync(readFileSync(join(folder, name)), { level: 9 });
      writeFileSync(join(folder, `${name}.gz`), bytes);
      total += bytes.length;
    }
    const kilobytes = Math.round(total / 1000);
    console.log(`the console's first view: ${kilobytes} kB, compressed`);
    if (total > 250_000) throw new Error(`the first view is ${kilobytes} kB; at most 250 kB are allowed`);
  },
});

export default defineConfig({
  base: "/console/",
  plugins: [react(), zipped()],
  // Where the dialogs' one style element finds the word that the policy lets in.
  define: { __webpack_nonce__: "globalThis.__nonce" },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { "/console/api": "http://127.0.0.1:7080", "/console/monograms": "http://127.0.0.1:7080" } },
});
