import assert from "node:assert/strict";
import { test } from "node:test";

import { paragraphsOf } from "../src/html";

const words = (html: string) => paragraphsOf(html).map(({ runs }) => runs.map(({ text }) => text).join(""));

test("every paragraph is one, without the space around it", () => {
  assert.deepEqual(words("<p> The river\n rose </p>\n<p>and fell.</p>"), ["The river rose", "and fell."]);
});

test("a correction is struck where it was, and marked where it is", () => {
  assert.deepEqual(paragraphsOf("<p>southern <del>Aldmere</del> <ins>Marrow</ins></p>")[0]?.runs, [
    { text: "southern " },
    { text: "Aldmere", struck: true },
    { text: " " },
    { text: "Marrow", inserted: true },
  ]);
});

test("styles add up, and a link keeps them", () => {
  assert.deepEqual(paragraphsOf('<p><strong>bold <a href="https://example.org/">link</a></strong></p>')[0]?.runs, [
    { text: "bold ", bold: true },
    { text: "link", bold: true, href: "https://example.org/" },
  ]);
});

test("lists are numbered, and lists in them are deeper", () => {
  const items = paragraphsOf("<ol><li>one</li><li>two<ul><li>inner</li></ul></li><li>three</li></ol>");
  assert.deepEqual(
    items.map(({ marker, depth, runs }) => [marker, depth, runs[0]?.text]),
    [
      ["1.", 1, "one"],
      ["2.", 1, "two"],
      ["•", 2, "inner"],
      ["3.", 1, "three"],
    ],
  );
});

test("only the first paragraph of an item has its marker", () => {
  assert.deepEqual(
    paragraphsOf("<ul><li><p>first</p><p>second</p></li></ul>").map(({ kind, marker }) => [kind, marker]),
    [
      ["item", "•"],
      ["item", undefined],
    ],
  );
});

test("quotes and headings are told apart", () => {
  assert.deepEqual(
    paragraphsOf("<h3>Title</h3><blockquote><p>said</p></blockquote><p>after</p>").map(({ kind }) => kind),
    ["heading", "quote", "paragraph"],
  );
});

test("a row of a table is one line, a head cell bold", () => {
  const [row] = paragraphsOf("<table><tbody><tr><th>Gauge</th><td>4.2 m</td></tr></tbody></table>");
  assert.equal(row?.kind, "row");
  assert.deepEqual(row?.runs, [{ text: "Gauge", bold: true }, { text: " · " }, { text: "4.2 m" }]);
});

test("preformatted text and line breaks stay as they are", () => {
  assert.deepEqual(words("<pre>a\n  b</pre><p>one<br>two</p>"), ["a\n  b", "one\ntwo"]);
});

test("text outside of any paragraph is not lost, and empty paragraphs are none", () => {
  assert.deepEqual(words("before<p></p><p> </p><p>in</p>after"), ["before", "in", "after"]);
});
