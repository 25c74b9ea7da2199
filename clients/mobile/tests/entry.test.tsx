import assert from "node:assert/strict";
import { test } from "node:test";

import type { Entry } from "feed-live-client";
import { renderToStaticMarkup } from "react-dom/server";

import { EntryCard } from "../src/EntryCard";

const AT = "2026-03-12T16:27:00.000Z";
const ENTRY: Entry = {
  id: "e1",
  revision: 1,
  status: "published",
  display_at: AT,
  published_at: AT,
  updated_at: AT,
  headline: "The river crests at Marrow Bridge",
  blocks: [{ type: "text", html: "<p>It stood at <strong>4.2 metres</strong>.</p>" }],
};

function shown(changes: Partial<Entry>, pinned = false): string {
  const entry = { ...ENTRY, ...changes };
  return renderToStaticMarkup(<EntryCard entry={entry} pinned={pinned} site="https://live.example.org" />);
}

const wordsOf = (markup: string) => markup.replace(/<[^>]*>/g, "");

test("headline and text are shown", () => {
  assert.match(wordsOf(shown({})), /The river crests at Marrow Bridge.*It stood at 4\.2 metres\./);
});

test("an entry that is a headline only comes without blocks", () => {
  const { blocks: _, ...bare } = ENTRY;
  const markup = renderToStaticMarkup(<EntryCard entry={bare} pinned={false} site="https://live.example.org" />);
  assert.match(wordsOf(markup), /The river crests at Marrow Bridge/);
});

test("an entry without a headline is shown without", () => {
  const { headline: _, ...bare } = ENTRY;
  const markup = renderToStaticMarkup(<EntryCard entry={bare} pinned={false} site="https://live.example.org" />);
  assert.match(wordsOf(markup), /4\.2 metres/);
  assert.doesNotMatch(markup, /role="heading"/);
});

test("key events, pins and claims are labelled", () => {
  const words = wordsOf(shown({ key_event: true, verification: { status: "claim", by: "the river authority" } }, true));
  for (const label of ["Pinned", "Key event", "Claim by the river authority"]) assert.ok(words.includes(label), label);
});

test("a retraction says why, a correction what", () => {
  const words = wordsOf(
    shown({
      status: "retracted",
      retraction: { at: AT, reason: "The gauge was broken." },
      corrections: [{ at: AT, note: "The bridge is in Marrow." }],
    }),
  );
  assert.match(words, /Withdrawn: The gauge was broken\./);
  assert.match(words, /Correction: The bridge is in Marrow\./);
});

test("a picture has its words", () => {
  const markup = shown({
    blocks: [{ type: "image", url: "/demo/bridge.svg", alt: "A bridge", caption: "The bridge at noon", credit: "Ada" }],
  });
  assert.ok(markup.includes('aria-label="A bridge"'));
  assert.match(wordsOf(markup), /The bridge at noon \[Ada\]/);
});

test("a block of a later version of the protocol is passed over", () => {
  assert.match(wordsOf(shown({ blocks: [{ type: "hologram" }, ...(ENTRY.blocks ?? [])] })), /4\.2 metres/);
});
