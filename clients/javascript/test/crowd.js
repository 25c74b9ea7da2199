// Many followers in one process, and what each of them saw: `node crowd.js URL COVERAGE HOW_MANY`.
//
// Says `{"ready": n}` once all have had their page, and when the coverage has ended a line for each different page,
// `{"page", "entries", "coverage"}`, and a line for each follower, `{"name", "page", "history", "hellos", "waits"}`.

import { createHash } from "node:crypto";
import { WebSocket } from "ws";
import { follow } from "../feed_sdk/index.js";

const [url = "", coverage = "", count = "1"] = process.argv.slice(2);
const began = Date.now();

/** Most as they come, some on each of the other ways. @type {(number: number) => any} */
const transportsOf = (number) => (number % 10 === 9 ? ["poll"] : number % 5 === 4 ? ["sse"] : undefined);

/** @param {unknown} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** @type {Set<string>} */
const pages = new Set();
let ready = 0;

/** @param {number} number */
async function observe(number) {
  const transports = transportsOf(number);
  const followed = follow(url, coverage, { WebSocket, ...(transports && { transports }) });
  /** @type {[string, string, number][]} */
  const history = [];
  /** @type {unknown[]} */
  const hellos = [];
  let failure = null;
  let waits = 0;
  followed.on("state", (state) => {
    if (state === "reconnecting") waits += 1;
  });
  try {
    for await (const { type, cursor, prev, ...rest } of followed) {
      if (type === "hello") hellos.push({ mode: rest.mode, reason: rest.reason });
      if (cursor && (prev || type === "snapshot")) {
        if (!history.length) {
          ready += 1;
          if (ready === Number(count)) say({ ready });
        }
        history.push([type, cursor, (Date.now() - began) / 1000]);
      }
    }
    while (await followed.loadOlder(500));
  } catch (error) {
    failure = String(error);
  }
  const { entries, coverage: head, ended } = followed.timeline;
  const page = createHash("sha256")
    .update(JSON.stringify([entries, head]))
    .digest("hex");
  if (!pages.has(page)) {
    pages.add(page);
    say({ page, entries, coverage: head });
  }
  say({ name: `javascript ${number} (${followed.transport})`, page, history, hellos, waits, ended, failure });
}

await Promise.all(Array.from({ length: Number(count) }, (_, number) => observe(number)));
