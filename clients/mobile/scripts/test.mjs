// Runs the unit tests, and tells how they went by its exit code.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";

import { bundle } from "./bundle.mjs";

// Within the project, so that what is not bundled is found.
const folder = await mkdtemp("build-tests-");
try {
  const tests = (await readdir("tests")).filter((name) => /\.test\.tsx?$/.test(name));
  await bundle({
    entryPoints: tests.map((name) => `tests/${name}`),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    // What is written for CommonJS asks for its parts when it runs.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const files = tests.map((name) => `${folder}/${name.replace(/\.tsx?$/, ".mjs")}`);
  const run = spawn(process.execPath, ["--test", "--test-reporter=spec", ...files], { stdio: "inherit" });
  process.exitCode = await new Promise((resolve) => run.once("exit", (code) => resolve(code ?? 1)));
} finally {
  await rm(folder, { recursive: true });
}
