import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../feed_sdk/timeline.js";

/** @typedef {import("../feed_sdk/index.js").Entry} Entry */

/** @returns {Entry} */
function entry(/** @type {string} */ id, revision = 1, minute = 0, more = {}) {
  const at = `2026-11-23T09:${String(minute).padStart(2, "0")}:00.000Z`;
  const times = { display_at: at, published_at: at, updated_at: at };
  return { id, revision, status: "published", blocks: [], ...times, ...more };
}

/** @returns {import("../feed_sdk/index.js").Coverage} */
function head(revision = 1, more = {}) {
  const times = { created_at: "2026-11-23T09:00:00.000Z", updated_at: "2026-11-23T09:00:00.000Z" };
  return { id: "c", title: "C", status: "live", visibility: "public", language: "en", revision, ...times, ...more };
}

function timeline(/** @type {Entry[]} */ entries = [], /** @type {string|null} */ next = null, coverage = head()) {
  const made = new Timeline();
  made.apply({ type: "snapshot", entries, next, coverage, cursor: "10-0" });
  return made;
}

const ids = (/** @type {Timeline} */ { entries }) => entries.map(({ id }) => id);

test("entries are newest first by the time they are shown with, then by id", () => {
  const t = timeline([entry("b", 1, 5), entry("a", 1, 5)]);
  t.apply({ type: "entry.published", entry: entry("late", 1, 1), prev: "10-0", cursor: "11-0" });
  t.apply({ type: "entry.published", entry: entry("now", 1, 9), prev: "11-0", cursor: "12-0" });
  assert.deepEqual(ids(t), ["now", "b", "a", "late"]);
  assert.equal(t.cursor, "12-0");
});

test("a revision takes the entry's place, wherever its time puts it", () => {
  const t = timeline([entry("b", 1, 5), entry("a", 1, 4)]);
  t.apply({ type: "entry.revised", entry: entry("a", 2, 6, { headline: "Second" }) });
  assert.deepEqual(ids(t), ["a", "b"]);
  assert.equal(t.entry("a")?.headline, "Second");
});

test("an older revision and the same again change nothing", () => {
  const t = timeline([entry("a", 3)]);
  const before = t.entries;
  assert.equal(t.apply({ type: "entry.revised", entry: entry("a", 2) }), false);
  assert.equal(t.apply({ type: "entry.revised", entry: entry("a", 3) }), false);
  assert.equal(t.entries, before);
});

test("a retracted entry stays", () => {
  const t = timeline([entry("a")]);
  t.apply({ type: "entry.retracted", entry: entry("a", 2, 0, { status: "retracted" }) });
  assert.equal(t.entries[0]?.status, "retracted");
});

test("what was deleted does not come back", () => {
  const t = timeline([entry("a"), entry("b")]);
  assert.equal(t.apply({ type: "entry.deleted", id: "a", reason: "A wrong name." }), true);
  t.apply({ type: "entry.revised", entry: entry("a", 9) });
  t.addPage({ entries: [entry("a", 8)], next: null });
  assert.deepEqual(ids(t), ["b"]);
  assert.equal(t.wasDeleted("a"), true);
  assert.equal(t.apply({ type: "entry.deleted", id: "never", entry: undefined }), true);
});

test("an entry below what is loaded waits for its page", () => {
  const t = timeline([entry("b", 1, 5)], "page2");
  t.apply({ type: "entry.published", entry: entry("old", 2, 1) });
  t.apply({ type: "entry.revised", entry: entry("older", 2, 0) });
  assert.deepEqual(ids(t), ["b"]);
  t.addPage({ entries: [entry("a", 1, 3), entry("old", 1, 1)], next: "page3" });
  assert.deepEqual(ids(t), ["b", "a", "old"]);
  assert.equal(t.entry("old")?.revision, 2);
  assert.equal(t.next, "page3");
  t.addPage({ entries: [], next: null });
  assert.deepEqual(ids(t), ["b", "a", "old", "older"]);
});

test("a snapshot takes the place of everything", () => {
  const t = timeline([entry("a"), entry("b")], "page2");
  t.apply({ type: "entry.deleted", id: "a" });
  t.apply({ type: "snapshot", entries: [entry("a", 1), entry("c", 1)], coverage: head(9), cursor: "3-0" });
  assert.deepEqual(ids(t), ["c", "a"]);
  assert.equal(t.coverage?.revision, 9);
  assert.equal(t.cursor, "3-0");
  assert.equal(t.next, null);
});

test("the head is the highest revision that came", () => {
  const t = timeline();
  t.apply({ type: "coverage.changed", coverage: head(3, { title: "Third" }) });
  t.apply({ type: "coverage.changed", coverage: head(2, { title: "Second" }) });
  assert.equal(t.coverage?.title, "Third");
});

test("the end, the page that continues it, and a reopening", () => {
  const t = timeline();
  const successor = { title: "Day two", url: "https://example.org/2" };
  t.apply({ type: "coverage.ended", coverage: head(2, { status: "ended", successor }) });
  assert.equal(t.ended, true);
  assert.deepEqual(t.successor, successor);
  t.apply({ type: "coverage.reopened", coverage: head(3, { successor }) });
  assert.equal(t.ended, false);
  assert.equal(t.successor, null);
});

test("the pinned entry is found even below what is loaded", () => {
  const t = timeline([entry("b", 1, 5)], "page2", head(1, { pin: "old" }));
  t.apply({ type: "entry.revised", entry: entry("old", 2, 1) });
  assert.equal(t.pinned?.revision, 2);
});

test("live is said and unsaid", () => {
  const t = timeline();
  t.apply({ type: "live" });
  assert.equal(t.live, true);
  t.apply({ type: "hello" });
  assert.equal(t.live, false);
});

test("types it does not know are passed over", () => {
  const t = timeline([entry("a")]);
  assert.equal(t.apply({ type: "weather", entry: entry("x") }), false);
  assert.equal(t.apply({ type: "audience", count: 3 }), false);
  assert.deepEqual(ids(t), ["a"]);
});

test("what it was can be kept and taken up again", () => {
  const t = timeline([entry("b", 1, 5), entry("a", 1, 4)], "page2");
  t.apply({ type: "entry.published", entry: entry("c", 1, 6), prev: "10-0", cursor: "11-0" });
  const again = new Timeline();
  again.apply(JSON.parse(JSON.stringify(t.asSnapshot())));
  assert.deepEqual(again.entries, t.entries);
  assert.deepEqual([again.cursor, again.next, again.coverage], [t.cursor, t.next, t.coverage]);
});

test("any order of messages, each any number of times, ends in the same timeline", () => {
  let seed = 11;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  /** @type {import("../feed_sdk/index.js").Message[]} */
  const log = [
    { type: "entry.published", entry: entry("a", 1, 1) },
    { type: "entry.published", entry: entry("b", 1, 2) },
    { type: "entry.revised", entry: entry("a", 2, 7) },
    { type: "entry.deleted", id: "b" },
    { type: "entry.published", entry: entry("c", 1, 3) },
    { type: "entry.retracted", entry: entry("c", 2, 3, { status: "retracted" }) },
    { type: "coverage.changed", coverage: head(2, { pin: "c" }) },
    { type: "coverage.ended", coverage: head(3, { pin: "c", status: "ended" }) },
  ].map((message, n) => ({ ...message, prev: `${10 + n}-0`, cursor: `${11 + n}-0` }));
  const expected = timeline();
  for (const message of log) expected.apply(message);
  for (let round = 0; round < 100; round++) {
    const t = timeline();
    const order = [...log, ...log]
      .map((message) => ({ message, at: random() }))
      .sort((one, other) => one.at - other.at);
    for (const { message } of order) t.apply(message);
    assert.deepEqual(t.entries, expected.entries);
    assert.deepEqual(t.coverage, expected.coverage);
    assert.equal(t.cursor, "18-0");
  }
});
