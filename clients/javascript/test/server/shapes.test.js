// The types of what is sent: the fields that the server takes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Producer } from "../../feed_sdk/producer.js";
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

test("a token is told of as the type says", async () => {
  const producer = new Producer(server.url, server.token);
  const named = await producer.createToken(["read:c"], { name: "A page", expires_in_s: 60 });
  const plain = await producer.createToken(["read:c"]);
  const keys = (/** @type {object} */ token) => Object.keys(token).filter((key) => key !== "token");
  const expected = { module: "producer", type: "Grant", fields: keys(named), always: keys(plain) };
  assert.equal(await differences([expected]), "");
});
