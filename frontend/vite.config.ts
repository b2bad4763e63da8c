import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

/** Where the dashboard's server listens while `npm run dev` serves the page. */
const server = process.env.HAMLET_SERVER ?? "http://127.0.0.1:8765";

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // relative to <base href>, which the server sets where a proxy shows it under a path of its own
  base: "./",
  build: {
    // OBS 29 embeds Chromium 103; nothing newer may be needed to show the stream.
    target: "chrome103",
    // A data: URI would need a wider content security policy than "self".
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    // A chunk of its own keeps its name, and so its place in the browser's cache, when the dashboard changes.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: "echarts", test: /node_modules\/(echarts\/(?!.*SVG)|zrender\/(?!.*\/svg\/))/ }],
        },
      },
    },
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
});
