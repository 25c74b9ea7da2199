// The types of what is sent: the fields that the server takes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { differences, fieldsOf } from "../shapes.js";
import { shared } from "./feed.js";

/** @type {Awaited<ReturnType<typeof shared>>} */
let server;
before(async () => {
  server = await shared();
});
after(async () => {
  await server.stop();
  server.remove();
});

test("drafts have the fields that the server takes", async () => {
  const { schemas } = (await (await fetch(`${server.url}/openapi.json`)).json()).components;
  const drafts = {
    CoverageDraft: "CoverageDraft",
    CoverageChange: "CoveragePatch",
    EntryDraft: "EntryDraft",
    EntryChange: "EntryPatch",
    Ending: "Ending",
  };
  const expected = Object.entries(drafts).map(([type, schema]) => ({
    module: "producer",
    type,
    ...fieldsOf(schemas[schema]),
  }));
  assert.equal(await differences(expected), "");
});
