// What is published: what is in it, how heavy it is, whether its reference is current.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LIMIT, sizes } from "../scripts/size.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const json = async (/** @type {string} */ name) => JSON.parse(await readFile(`${root}${name}`, "utf8"));

test("the subscriber stays light, and what is needed elsewhere is loaded there", async (t) => {
  const { subscriber, links } = await sizes();
  t.diagnostic(`minified and gzipped: ${subscriber} bytes, and ${links} where a websocket cannot connect`);
  assert.ok(subscriber <= LIMIT, `${subscriber} bytes, at most ${LIMIT}`);
  assert.ok(links > 500);
});

test("the package holds the sources, their types and what there is to read, and nothing else", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json"], { cwd: root });
  const [{ files }] = JSON.parse(stdout.slice(stdout.indexOf("[\n")));
  const paths = files.map((/** @type {{path: string}} */ { path }) => path);
  const sources = paths.filter((/** @type {string} */ path) => path.startsWith("feed_sdk/"));
  assert.ok(sources.includes("feed_sdk/index.js") && sources.includes("feed_sdk/links.js"));
  for (const source of sources) {
    assert.match(source, /^feed_sdk\/\w+\.js$/);
    assert.ok(paths.includes(source.replace("feed_sdk", "types").replace(".js", ".d.ts")), source);
  }
  const others = paths.filter((/** @type {string} */ path) => !/^(feed_sdk|types)\//.test(path));
  assert.deepEqual(others.sort(), ["API.md", "LICENSE", "README.md", "package.json"]);
});

test("everything that can be imported is there, and the subscriber needs nothing of Node or React", async () => {
  const { exports } = await json("package.json");
  for (const name of [".", "./producer", "./react"]) {
    const module = await import(`${root}${exports[name].default}`);
    assert.ok(Object.keys(module).length > 0, name);
  }
  const { name, version } = await json("package.json");
  assert.deepEqual(Object.keys(await import(name)).sort(), [
    "Connection",
    "FeedError",
    "Following",
    "Session",
    "Timeline",
    "appLifecycle",
    "follow",
    "memoryStorage",
    "pageLifecycle",
  ]);
  const python = await readFile(`${root}../python/feed_client/version.py`, "utf8");
  assert.ok(python.includes(`"${version}"`), "the clients have one version");
});

test("the lock names no server", async () => {
  const { packages } = await json("package-lock.json");
  for (const { resolved } of Object.values(packages)) {
    assert.ok(resolved === undefined || resolved.startsWith("https://registry.npmjs.org/"), resolved);
  }
});

test("the reference is what the sources say", async () => {
  await run(process.execPath, ["scripts/api.js", "--check"], { cwd: root });
});
