// What is published: what is in it, how heavy it is, whether its reference is current.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LIMIT, sizes } from "../scripts/size.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const USE = `
import { follow, type Following } from "feed-live-client";
import { Producer } from "feed-live-client/producer";

const producer: Producer = new Producer("http://127.0.0.1:9", "token");
const followed: Following = follow("http://127.0.0.1:9", "budget");
followed.close();
console.log(followed.state, typeof producer.publish);
`;
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

test("what is packed can be installed where there is nothing else, and needs nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "feed-package-"));
  try {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[\n")));
    await writeFile(join(folder, "package.json"), '{"private": true}');
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", filename], { cwd: folder });
    const installed = await readdir(join(folder, "node_modules"));
    assert.deepEqual(
      installed.filter((name) => !name.startsWith(".")),
      ["feed-live-client"],
    );
    await writeFile(join(folder, "use.mts"), USE);
    const tsc = join(root, "node_modules/.bin/tsc");
    const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
    await run(tsc, [...options, "--types", "", "use.mts"], { cwd: folder });
    assert.equal((await run(process.execPath, ["use.mjs"], { cwd: folder })).stdout, "closed function\n");
  } finally {
    await rm(folder, { recursive: true });
  }
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
