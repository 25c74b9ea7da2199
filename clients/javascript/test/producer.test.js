// Publishing, against a server that refuses, hangs up and repeats itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FeedError, newKey, Producer } from "../feed_sdk/producer.js";
import { liveServer } from "./scripted.js";

/** @typedef {import("./scripted.js").Visit} Visit */
/** @typedef {[status: number, document?: any, headers?: Record<string, string>] | null} Answer */

const receipt = { entry: { id: "e1" }, cursor: "1-0", durability: { fsync: "always", replicas: 0 } };
// Waits come close to nothing where the draw does.
Math.random = () => 0;

/**
 * Answers each request with the next of `answers`, hanging up for null; the last one is repeated.
 * @param {import("node:test").TestContext} t
 * @param {Answer[]} answers
 */
function answering(t, ...answers) {
  return liveServer(t, (visit) => {
    const answer = answers[Math.min(visit.number, answers.length - 1)];
    if (answer) visit.answer(...answer);
    else visit.vanish();
  });
}

const asked = (/** @type {Visit|undefined} */ visit) => [
  visit?.method,
  visit?.path,
  visit?.body && JSON.parse(visit.body),
];

test("an entry is published with a key and the token", async (t) => {
  const { url, visits } = await answering(t, [201, receipt]);
  const draft = { headline: "H", display_at: new Date("2026-11-23T10:31:00+01:00") };
  assert.deepEqual(await new Producer(`${url}/`, "secret").publish("a b", draft), receipt);
  const [visit] = visits;
  assert.equal(visit?.method, "POST");
  assert.equal(visit?.path, "/v1/coverages/a%20b/entries");
  assert.deepEqual(JSON.parse(visit?.body ?? ""), { headline: "H", display_at: "2026-11-23T09:31:00.000Z" });
  assert.equal(visit?.headers.authorization, "Bearer secret");
  assert.equal(visit?.headers["content-type"], "application/json");
  assert.match(String(visit?.headers["idempotency-key"]), /^[\w-]{20,}$/);
});

test("what the server cannot answer for now is sent again with the same key, not before it asks", async (t) => {
  const { url, visits } = await answering(
    t,
    null,
    [503, { code: "store_unavailable", retry_after_ms: 150 }],
    [429, {}, { "Retry-After": "0" }],
    [502],
    [504],
    [200, receipt, { "Idempotent-Replay": "true" }],
  );
  const begun = performance.now();
  const { replayed } = await new Producer(url, () => "fresh").publish("c", { text: "T" });
  assert.equal(replayed, true);
  assert.ok(performance.now() - begun > 140);
  assert.equal(visits.length, 6);
  assert.equal(new Set(visits.map(({ headers }) => headers["idempotency-key"])).size, 1);
});

test("two calls have two keys, and one may be chosen", async (t) => {
  const { url, visits } = await answering(t, [201, receipt]);
  const producer = new Producer(url, "secret");
  await producer.publish("c", { text: "T" });
  await producer.publish("c", { text: "T" });
  const key = newKey();
  await producer.publish("c", { text: "T" }, { key });
  const keys = visits.map(({ headers }) => headers["idempotency-key"]);
  assert.notEqual(keys[0], keys[1]);
  assert.equal(keys[2], key);
});

test("a refusal is thrown at once, with code, field and detail", async (t) => {
  const problem = {
    title: "A field is not valid",
    code: "invalid_field",
    field: "headline",
    detail: "It is too long.",
  };
  const { url, visits } = await answering(t, [422, problem]);
  await assert.rejects(new Producer(url).publish("c", { headline: "H" }), (error) => {
    assert.ok(error instanceof FeedError);
    assert.deepEqual([error.status, error.code, error.field], [422, "invalid_field", "headline"]);
    assert.equal(error.detail, "It is too long.");
    assert.equal(error.message, "headline: It is too long.");
    assert.deepEqual(error.problem, problem);
    return true;
  });
  assert.equal(visits.length, 1);
});

test("a refusal without a problem document is told by its status", async (t) => {
  const { url } = await answering(t, [418, "short and stout"]);
  await assert.rejects(new Producer(url).get("c"), { code: "http_418", status: 418, message: "HTTP 418" });
});

test("where nothing answers in time, the key is told to try again with", async () => {
  const producer = new Producer("http://127.0.0.1:9", "secret", { deadline: 0 });
  await assert.rejects(producer.publish("c", { text: "T" }, { key: "mine" }), (error) => {
    assert.ok(error instanceof FeedError);
    assert.deepEqual([error.code, error.key], ["unreachable", "mine"]);
    assert.match(error.message, /^http:\/\/127\.0\.0\.1:9 does not answer: /);
    return true;
  });
});

test("a server that is away for too long is told as it refused last", async (t) => {
  const { url } = await answering(t, [503, { code: "store_unavailable", retry_after_ms: 60_000 }]);
  const producer = new Producer(url, "secret", { deadline: 1000 });
  await assert.rejects(producer.publish("c", { text: "T" }), { code: "store_unavailable", status: 503 });
});

test("many are published as lines, all in one request", async (t) => {
  const { url, visits } = await answering(t, [201, { receipts: [], durability: receipt.durability }]);
  const drafts = function* () {
    yield { text: "one" };
    yield { text: "two\nlines" };
  };
  await new Producer(url).publishMany("c", drafts());
  assert.equal(visits[0]?.headers["content-type"], "application/x-ndjson");
  assert.equal(visits[0]?.body, '{"text":"one"}\n{"text":"two\\nlines"}');
});

test("each call is one request of the API", async (t) => {
  const { url, visits } = await answering(t, [200, { revisions: [], tokens: [] }]);
  const producer = new Producer(url);
  await producer.create({ id: "c", title: "C" });
  await producer.change("c", { summary: null }, { revision: 3 });
  await producer.pin("c", "e1");
  await producer.pin("c", null);
  await producer.end("c", { successor: { title: "Next", url: "https://example.org/" } });
  await producer.reopen("c");
  await producer.revise("c", "e/1", { text: "T", correction: "The time was wrong." }, { revision: 2 });
  await producer.retract("c", "e1", "Wrong.");
  await producer.delete("c", "e1");
  await producer.delete("c", "e1", { reason: "Private." });
  await producer.get("c");
  await producer.entry("c", "e1");
  assert.deepEqual(await producer.revisions("c", "e1"), []);
  await producer.page("c", { limit: 7, before: "p2" });
  await producer.changes("c", "1-0");
  await producer.createToken(["read:c"], { expires_in_s: 60 });
  assert.deepEqual(await producer.tokens(), []);
  await producer.revokeToken("t1");
  assert.deepEqual(visits.map(asked), [
    ["POST", "/v1/coverages", { id: "c", title: "C" }],
    ["PATCH", "/v1/coverages/c", { summary: null }],
    ["PATCH", "/v1/coverages/c", { pin: "e1" }],
    ["PATCH", "/v1/coverages/c", { pin: null }],
    ["POST", "/v1/coverages/c/end", { successor: { title: "Next", url: "https://example.org/" } }],
    ["POST", "/v1/coverages/c/reopen", {}],
    ["PATCH", "/v1/coverages/c/entries/e%2F1", { text: "T", correction: "The time was wrong." }],
    ["POST", "/v1/coverages/c/entries/e1/retract", { reason: "Wrong." }],
    ["DELETE", "/v1/coverages/c/entries/e1", ""],
    ["DELETE", "/v1/coverages/c/entries/e1", { reason: "Private." }],
    ["GET", "/v1/coverages/c", ""],
    ["GET", "/v1/coverages/c/entries/e1", ""],
    ["GET", "/v1/coverages/c/entries/e1/revisions", ""],
    ["GET", "/v1/coverages/c/entries", ""],
    ["GET", "/v1/coverages/c/entries", ""],
    ["POST", "/v1/tokens", { scopes: ["read:c"], expires_in_s: 60 }],
    ["GET", "/v1/tokens", ""],
    ["DELETE", "/v1/tokens/t1", ""],
  ]);
  assert.deepEqual(visits.map(({ headers }) => headers["if-match"]).filter(Boolean), ['"3"', '"2"']);
  assert.deepEqual(visits[13]?.query, { limit: "7", before: "p2" });
  assert.deepEqual(visits[14]?.query, { limit: "100", after: "1-0" });
});

test("lists are read page by page", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    const list = visit.path.endsWith("/entries") ? "entries" : "coverages";
    const isFirst = visit.query.before === undefined;
    visit.answer(200, { [list]: [{ id: isFirst ? "a" : "b" }], next: isFirst ? "p2" : null });
  });
  const producer = new Producer(url);
  const ids = [];
  for await (const { id } of producer.entries("c", { limit: 1 })) ids.push(id);
  for await (const { id } of producer.coverages({ status: "live" })) ids.push(id);
  assert.deepEqual(ids, ["a", "b", "a", "b"]);
  assert.deepEqual(visits[3]?.query, { status: "live", limit: "50", before: "p2" });
});

test("an address that is none is told at once", () => {
  assert.throws(() => new Producer("live.example"), /"live.example" is no address of a server/);
});
