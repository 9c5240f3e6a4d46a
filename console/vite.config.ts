import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Most bytes that a page may need before it shows itself, compressed. */
const MOST = { index: 250_000, connect: 90_000 };
/** Parts that a page asks for when it needs them, and the most bytes of one. */
const LATER = /^(code-editor|calls-chart|Definition|Mapper)-/;
const MOST_LATER = 200_000;

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
    // The console loads the rest of itself at once; what is Connect's alone, or comes later, does not count.
    const views = { connect: named("connect"), index: [...sizes.keys()].filter((name) => !name.startsWith("connect") && !LATER.test(name)) };
    for (const [name, size] of sizes) {
      if (LATER.test(name) && size > MOST_LATER) throw new Error(`${name}: at most ${MOST_LATER / 1000} kB are allowed`);
    }
    for (const page of ["connect", "index"] as const) {
      const names = views[page];
      const most = MOST[page];
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
