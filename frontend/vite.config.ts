import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where the dashboard's server listens while `npm run dev` serves the page. */
const server = process.env.HAMLET_SERVER ?? "http://127.0.0.1:8765";

/** Files of these kinds shrink; the server sends the `.br` beside one to whoever reads Brotli. */
const COMPRESSED = new Set([".js", ".css", ".svg"]);

/** Writes each built file compressed beside it, once, because the best compression is slow. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    writeBundle({ dir }) {
      for (const name of readdirSync(dir!, { recursive: true, encoding: "utf8" })) {
        if (!COMPRESSED.has(extname(name))) continue;
        const content = readFileSync(join(dir!, name));
        const small = brotliCompressSync(content, {
          params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
        });
        if (small.length < content.length) writeFileSync(join(dir!, `${name}.br`), small);
      }
    },
  };
}

/**
 * The page of a frozen copy opens from a file, where neither modules nor `<base>` work: one classic script, which is
 * read after the copy's table of contents. What stands in `#app` until then says what is wrong if it never comes.
 */
function classicScript(): Plugin {
  return {
    name: "classic-script",
    generateBundle(_options, bundle) {
      // No copy has the editor: it needs a server.
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === "asset" && file.names.includes("editor.css")) delete bundle[name];
      }
      const fileName = "favicon.svg";
      this.emitFile({
        type: "asset",
        fileName,
        source: readFileSync(new URL("public/favicon.svg", import.meta.url)),
      });
    },
    transformIndexHtml: {
      order: "post",
      handler: (html) =>
        html
          .replace(/ *<base href="\/" \/>\n/, "")
          .replace(/ crossorigin/g, "")
          .replace(/ *<script type="module"( src="[^"]*")><\/script>\n/, (_, src: string) =>
            [
              `    <meta http-equiv="Content-Security-Policy" content="connect-src 'none'" />`,
              "    <script>var hamlet = {};</script>",
              `    <script defer src="data/contents.js"></script>`,
              `    <script defer${src}></script>`,
              "",
            ].join("\n"),
          )
          .replace(
            '<div id="app"></div>',
            '<div id="app"><p>If this sentence stays, the files beside this page are missing: unpack the whole folder.</p></div>',
          ),
    },
  };
}

/** What several pages or panels import is one file. */
const SHARED = { name: "shared", minShareCount: 2 };

export default defineConfig(({ mode }) => ({
  plugins: [vue(), mode === "frozen" ? classicScript() : precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // relative to <base href>, which the server sets where a proxy shows it under a path of its own
  base: "./",
  build: {
    // OBS 29 embeds Chromium 103; nothing newer may be needed to show the stream.
    target: "chrome103",
    // A data: URI would need a wider content security policy than "self".
    assetsInlineLimit: 0,
    // The server reads there which files a page needs (server/preload.py).
    manifest: mode !== "frozen",
    modulePreload: mode !== "frozen" && { polyfill: false },
    // Few files: a browser asks one server for six at a time, and each costs a round trip.
    cssCodeSplit: false,
    ...(mode === "frozen"
      ? {
          outDir: "dist-frozen",
          copyPublicDir: false,
          rolldownOptions: { output: { format: "iife" as const, codeSplitting: false } },
        }
      : { rolldownOptions: { output: { codeSplitting: { groups: [SHARED] } } } }),
  },
  server: {
    port: 5173,
    proxy: {
      "/ws": { target: server, ws: true },
      "/api": server,
      "/snapshots": server,
      "/exports": server,
    },
  },
  test: { include: ["src/**/*.test.ts"] },
}));
