// The types of what comes: which fields there are, and which of them the server may leave out.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { complaints, differences, fieldsOf } from "./shapes.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { schemas } = JSON.parse(await readFile(`${root}../asyncapi.json`, "utf8")).components;
const of = (/** @type {string[]} */ ...names) => fieldsOf(...names.map((name) => schemas[name]));
const BLOCKS = ["Text", "Quote", "Image", "Gallery", "Video", "Audio", "Embed", "Link"];
/** What the session deals with and hands on to nobody. */
const OWN = ["AuthMessage", "MoveMessage", "PongMessage"];
const MESSAGES = Object.keys(schemas).filter(
  (name) => name.endsWith("Message") && !name.endsWith("FromClientMessage") && !OWN.includes(name),
);

test("types have the fields of the wire, and say which may be missing", async () => {
  assert.ok(MESSAGES.length > 10);
  const coverage = of("Coverage");
  const shapes = {
    Message: of(...MESSAGES),
    Entry: of("Entry"),
    Block: of(...BLOCKS),
    // Where the coverage is the answer to a request.
    Coverage: { ...coverage, fields: [...coverage.fields, "cursor"] },
    Image: of("Picture"),
    Link: of("Reference"),
    Author: of("Author"),
    Verification: of("Verification"),
    Correction: of("Correction"),
    Retraction: of("Retraction"),
    Adverts: of("Adverts"),
    Successor: of("Successor"),
  };
  const expected = Object.entries(shapes).map(([type, fields]) => ({ module: "shapes", type, ...fields }));
  assert.equal(await differences(expected), "");
});

test("a type that says otherwise is found", async () => {
  const { fields, always } = of("Entry");
  const told = await differences([
    { module: "shapes", type: "Entry", fields: [...fields, "mood"], always: always.filter((field) => field !== "id") },
  ]);
  assert.match(told, /lacks Entry\.mood/);
  assert.match(told, /promises Entry\.id/);
  assert.doesNotMatch(told, /invents|doubts/);
});

test("the components of the readme know what may be missing", async () => {
  const readme = await readFile(`${root}README.md`, "utf8");
  const [, component = ""] = readme.match(/```jsx\n(import \{ useFeed \}.*?)```/s) ?? [];
  assert.match(component, /entry\.blocks/);
  const code = component.replace("feed-live-client/react", `${root}feed_sdk/react.js`);
  assert.equal(await complaints(code, "readme.tsx"), "");
});
