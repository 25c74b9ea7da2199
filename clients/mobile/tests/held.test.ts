import assert from "node:assert/strict";
import { test } from "node:test";

import type { Entry } from "feed-live-client";

import { hold } from "../src/held";

function entry(id: string, minute: number): Entry {
  const at = `2026-03-12T16:${String(minute).padStart(2, "0")}:00.000Z`;
  return { id, revision: 1, status: "published", blocks: [], display_at: at, published_at: at, updated_at: at };
}

const [older, mark, newer] = [entry("a", 1), entry("b", 2), entry("c", 3)];

test("at the top everything is shown", () => {
  assert.deepEqual(hold([newer, mark, older], null), { shown: [newer, mark, older], waiting: 0 });
});

test("further down what is newer than the mark waits", () => {
  assert.deepEqual(hold([newer, mark, older], mark), { shown: [mark, older], waiting: 1 });
});

test("what comes late with an earlier time takes its place at once", () => {
  const late = entry("d", 1);
  assert.deepEqual(hold([newer, mark, late, older], mark).shown, [mark, late, older]);
});

test("an edit of the mark is shown, and entries of the same minute are told apart by id", () => {
  const edited = { ...mark, revision: 2 };
  const twin = { ...entry("z", 2) };
  assert.deepEqual(hold([twin, edited, older], mark), { shown: [edited, older], waiting: 1 });
});

test("when the mark itself was deleted the others stay in their places", () => {
  assert.deepEqual(hold([newer, older], mark), { shown: [older], waiting: 1 });
});
