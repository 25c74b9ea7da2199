// The example, as it is typed.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { coverageOn, shared } from "./feed.js";

const TAIL = fileURLToPath(new URL("../../examples/tail.js", import.meta.url));
const run = promisify(execFile);

/** @type {Awaited<ReturnType<typeof shared>>} */
let server;
before(async () => {
  server = await shared();
});
after(async () => {
  await server.stop();
  server.remove();
});

test("the example shows a coverage to its end", async () => {
  const { id, producer } = await coverageOn(server, { title: "Storm", summary: "Ferries are <em>cancelled</em>." });
  await producer.publish(id, { headline: "In port", markdown: "All *day*:\n\n- Rosslare\n- Pembroke & Holyhead" });
  await producer.publish(id, { headline: "The harbour is closed" });
  const { entry } = await producer.publish(id, { headline: "A bridge has fallen", text: "Reports." });
  await producer.retract(id, entry.id, "It stands.");
  await producer.end(id, { title: "Storm, over", successor: { title: "After", url: "https://example.org/after" } });
  const { stdout } = await run(process.execPath, [TAIL, server.url, id]);
  const lines = stdout.split("\n").map((line) => line.trim());
  for (const line of ["Ferries are cancelled.", "All day:", "• Pembroke & Holyhead", "Withdrawn: It stands."]) {
    assert.ok(lines.includes(line), `${line}\n${stdout}`);
  }
  assert.match(stdout, /^ {2}\d\d:\d\d {2}In port$/m);
  assert.match(stdout, /^ {2}\d\d:\d\d {2}The harbour is closed$/m);
  assert.match(stdout, /Ended: Storm, over\n {2}It goes on: After https:\/\/example.org\/after/);
});

test("the example says what is wrong", async () => {
  await assert.rejects(run(process.execPath, [TAIL, server.url, "no-such-coverage"]), (error) => {
    const { code, stderr } = /** @type {any} */ (error);
    assert.equal(code, 1);
    assert.match(stderr, /There is no coverage 'no-such-coverage'/);
    return true;
  });
  await assert.rejects(run(process.execPath, [TAIL]), { code: 2 });
});
