/** Makes what browsers get: one script and one map, into Django's static files, which hash and compress them. */

import { mkdirSync, writeFileSync } from "node:fs";
import { context } from "esbuild";
import { drawWorld } from "./world.ts";

const [folder = "../static/web/built", mode] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/world.svg`, drawWorld());

const build = await context({
  entryPoints: { app: "src/main.tsx" },
  outdir: folder,
  bundle: true,
  minify: mode !== "--watch",
  format: "iife",
  // The first that know AbortSignal.any and Intl.Segmenter: esbuild brings syntax down, but adds nothing that is missing.
  target: ["es2022", "chrome120", "firefox125", "safari17.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});
if (mode === "--watch") {
  await build.watch();
} else {
  await build.rebuild();
  await build.dispose();
}
