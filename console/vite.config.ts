import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Most bytes that a page may need before it shows itself, compressed. */
const MOST = { index: 250_000, connect: 90_000 };

/** Compressed once, at build time: the server sends the bytes as they lie. Each page's first view is weighed. */
const zipped = (): Plugin => ({
  name: "zipped",
  apply: "build",
  closeBundle() {
    const sizes = new Map<string, number>();
    for (const name of readdirSync("dist/assets")) {
      if (!/\.(js|css)$/.test(name)) continue;
      const bytes = gzipSync(readFileSync(join("dist/assets", name)), { level: 9 });
      writeFileSync(join("dist/assets", `${name}.gz`), bytes);
      sizes.set(name, bytes.length);
    }
    const named = (page: string) =>
      [...readFileSync(`dist/${page}.html`, "utf8").matchAll(/assets\/([^"]+\.(?:js|css))"/g)].map(([, name]) => name ?? "");
    // The console loads the rest of itself at once; only what is Connect's alone does not count.
    const views = { connect: named("connect"), index: [...sizes.keys()].filter((name) => !name.startsWith("connect")) };
    for (const [page, names] of Object.entries(views)) {
      const most = page === "index" ? MOST.index : MOST.connect;
      const total = names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
      const kilobytes = Math.round(total / 1000);
      console.log(`${page}: the first view is ${kilobytes} kB, compressed`);
      if (total > most) throw new Error(`${page}: at most ${most / 1000} kB are allowed`);
    }
  },
});

export default defineConfig({
  base: "/console/",
  plugins: [react(), zipped()],
  // Where the dialogs' one style element finds the word that the policy lets in.
  define: { __webpack_nonce__: "globalThis.__nonce" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: "index.html", connect: "connect.html" } },
  },
  server: { proxy: { "/console/api": "http://127.0.0.1:7080", "/console/monograms": "http://127.0.0.1:7080", "/connect": "http://127.0.0.1:7080" } },
});
