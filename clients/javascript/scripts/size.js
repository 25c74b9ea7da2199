// How heavy the client is in a page: minified and compressed. Fails where the subscriber has grown over its limit.

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes of what `import { follow } from "feed-live-client"` loads at once. */
export const LIMIT = 6 * 1024; // compressors differ by some bytes

/** Bytes, minified and gzipped: what is loaded at once, and what where a websocket cannot connect. */
export async function sizes() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../feed_sdk/index.js", import.meta.url))],
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    write: false,
  });
  const size = (/** @type {(path: string) => boolean} */ takes) =>
    outputFiles
      .filter(({ path }) => takes(path))
      .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  return { subscriber: size((path) => path.endsWith("index.js")), links: size((path) => !path.endsWith("index.js")) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { subscriber, links } = await sizes();
  console.log(`subscriber: ${subscriber} bytes of at most ${LIMIT}; event stream and polling, where needed: ${links}`);
  process.exit(subscriber > LIMIT ? 1 : 0);
}
