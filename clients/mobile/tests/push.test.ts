import assert from "node:assert/strict";
import { test } from "node:test";

import { askTheSystem } from "../src/askTheSystem.web";

test("where notifications cannot be asked for, nobody is asked", async () => {
  assert.equal(await askTheSystem(), "unavailable");
});

for (const [answer, permission] of [
  ["granted", "granted"],
  ["denied", "denied"],
  ["default", "denied"],
] as const) {
  test(`the answer ${answer} of the web is ${permission}`, async () => {
    const world = globalThis as { Notification?: unknown };
    world.Notification = { requestPermission: async () => answer };
    try {
      assert.equal(await askTheSystem(), permission);
    } finally {
      delete world.Notification;
    }
  });
}
