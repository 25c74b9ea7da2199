// Publishing on a real server: keys, conflicts, refusals.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FeedError, newKey, Producer } from "../../feed_sdk/producer.js";
import { coverageOn, shared } from "./feed.js";

/** @type {{url: string, token: string, stop: () => Promise<void>, remove: () => void}} */
let server;
before(async () => {
  server = await shared();
});
after(async () => {
  await server.stop();
  server.remove();
});

/**
 * @param {Promise<unknown>} call
 * @param {Partial<FeedError>} fields
 */
const refuses = (call, fields) => assert.rejects(call, { name: "FeedError", ...fields });

test("a write that is repeated with its key has one effect, and with another content it is refused", async () => {
  const { id, producer } = await coverageOn(server);
  const key = newKey();
  const first = await producer.publish(id, { text: "Once." }, { key });
  const again = await producer.publish(id, { text: "Once." }, { key });
  assert.equal(first.replayed, undefined);
  assert.equal(again.replayed, true);
  assert.equal(again.entry.id, first.entry.id);
  assert.equal(again.cursor, first.cursor);
  await refuses(producer.publish(id, { text: "Twice." }, { key }), {
    code: "idempotency_key_reused",
    status: 409,
    key,
  });
  assert.equal((await producer.page(id)).entries.length, 1);
});

test("a change that somebody else was faster with is refused where it says what it is based on", async () => {
  const { id, producer } = await coverageOn(server);
  const { entry } = await producer.publish(id, { text: "One." });
  assert.equal(entry.revision, 1);
  await producer.revise(id, entry.id, { text: "Two." }, { revision: 1 });
  await refuses(producer.revise(id, entry.id, { text: "Three." }, { revision: 1 }), { code: "revision_conflict" });
  const revisions = await producer.revisions(id, entry.id);
  assert.deepEqual(
    revisions.map(({ revision }) => revision),
    [1, 2],
  );
});

test("a refusal names the field, and of many the line", async () => {
  const { id, producer } = await coverageOn(server);
  await refuses(producer.publish(id, /** @type {any} */ ({ headlin: "H" })), {
    code: "invalid_field",
    field: "headlin",
  });
  const many = producer.publishMany(id, [{ text: "Right." }, /** @type {any} */ ({ kind: "rumour", text: "Wrong." })]);
  await assert.rejects(many, (error) => {
    assert.ok(error instanceof FeedError);
    assert.equal(error.status, 422);
    assert.match(error.message, /2/);
    return true;
  });
  assert.equal((await producer.page(id)).entries.length, 0);
});

test("a receipt says how safe the entry is", async () => {
  const { id, producer } = await coverageOn(server);
  const { durability, cursor } = await producer.publish(id, { text: "Kept." });
  assert.ok(["always", "everysec", "no", "unknown"].includes(durability.fsync));
  assert.equal(typeof durability.replicas, "number");
  assert.match(cursor, /^\d+-\d+$/);
});

test("after the end nothing is published, until it is reopened", async () => {
  const { id, producer } = await coverageOn(server);
  await producer.publish(id, { text: "Last." });
  assert.equal((await producer.end(id)).status, "ended");
  await refuses(producer.publish(id, { text: "Late." }), { code: "coverage_ended", status: 409 });
  assert.equal((await producer.reopen(id)).status, "live");
  await producer.publish(id, { text: "Again." });
});

test("whoever may not write is told so", async () => {
  const { id, producer } = await coverageOn(server);
  const { token } = await producer.createToken([`read:${id}`]);
  await refuses(new Producer(server.url, token).publish(id, { text: "No." }), { code: "not_allowed", status: 403 });
  await refuses(new Producer(server.url, "nonsense").publish(id, { text: "No." }), { status: 401 });
  await refuses(new Producer(server.url).get("no-such-coverage"), { code: "unknown_coverage", status: 404 });
});

test("all coverages and all entries are listed, page by page", async () => {
  const { id, producer } = await coverageOn(server);
  const receipts = await producer.publishMany(id, [{ text: "1" }, { text: "2" }, { text: "3" }]);
  const ids = [];
  for await (const entry of producer.entries(id, { limit: 2 })) ids.push(entry.id);
  assert.deepEqual(ids.sort(), receipts.receipts.map(({ entry }) => entry.id).sort());
  const listed = [];
  for await (const coverage of producer.coverages({ limit: 1 })) {
    listed.push(coverage.id);
    if (coverage.id === id) break;
  }
  assert.ok(listed.includes(id));
});
