// A real server for tests: the one of FEED_URL and FEED_TOKEN, or `feed serve` of this checkout, which can be killed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Producer } from "../../feed_sdk/producer.js";
import { within } from "../scripted.js";

const FEED = fileURLToPath(new URL("../../../../.venv/bin/feed", import.meta.url));
const TOKEN = "an-administrator-of-the-tests";

/** `feed serve` with a folder of its own, on a port that it keeps. */
export class Server {
  token = TOKEN;
  url = "";
  #data = mkdtempSync(join(tmpdir(), "feed-js-"));
  /** @type {Record<string, string>} */
  #environment;
  /** @type {import("node:child_process").ChildProcess|null} */
  #process = null;
  #said = "";

  /** @param {Record<string, string>} [environment] */
  constructor(environment = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("FEED_"));
    this.#environment = { FEED_ADMIN_TOKEN: TOKEN, FEED_DRAIN_WINDOW: "0", PYTHONUNBUFFERED: "1", ...environment };
    for (const [name, value] of inherited) this.#environment[name] ??= String(value);
  }

  async start() {
    const port = this.url ? new URL(this.url).port : "0";
    const process = spawn(FEED, ["serve", "--port", port, "--data", this.#data], { env: this.#environment });
    this.#process = process;
    process.stderr.on("data", (part) => {
      this.#said += part;
    });
    const address = new Promise((resolve, reject) => {
      let said = "";
      process.stdout.on("data", (part) => {
        said += part;
        const found = /http:\/\/\S+/.exec(said);
        if (found) resolve(found[0]);
      });
      process.once("error", reject);
      process.once("exit", () => reject(new Error(`the server did not start:\n${said}\n${this.#said}`)));
    });
    this.url = await within(address, "starting the server");
    return this;
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = "SIGTERM") {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, "exit");
    process.kill(signal);
    await within(exited, "stopping the server");
  }

  remove() {
    rmSync(this.#data, { recursive: true, force: true });
  }
}

/** The server of all tests that leave it alone. */
export async function shared() {
  const { FEED_URL: url, FEED_TOKEN: token } = process.env;
  if (url) {
    assert.ok(token, "with FEED_URL goes FEED_TOKEN, of an administrator");
    return { url, token, stop: async () => {}, remove: () => {} };
  }
  return new Server().start();
}

let made = 0;

/**
 * A new coverage, and a producer for it.
 * @param {{url: string, token: string}} server
 * @param {object} [draft]
 */
export async function coverageOn({ url, token }, draft = {}) {
  const id = `js-${process.pid}-${Date.now()}-${made++}`;
  const producer = new Producer(url, token);
  await producer.create({ id, title: "A day of tests", ...draft });
  return { id, producer };
}
