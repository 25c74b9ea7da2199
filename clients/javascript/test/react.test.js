// The hook, rendered by React itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { act as actOfReact, create } from "react-test-renderer";
import { WebSocket } from "ws";
import { useFeed } from "../feed_sdk/react.js";
import { liveServer, until } from "./scripted.js";

/** @typedef {import("../feed_sdk/index.js").FollowOptions} FollowOptions */
/** @typedef {import("../feed_sdk/react.js").Feed} Feed */

/**
 * Only what the test itself does is an act; what a socket brings is drawn when React comes to it, as in an app.
 * @param {() => any} doing
 */
async function act(doing) {
  const world = /** @type {{IS_REACT_ACT_ENVIRONMENT?: boolean}} */ (globalThis);
  world.IS_REACT_ACT_ENVIRONMENT = true;
  try {
    await actOfReact(async () => doing());
  } finally {
    world.IS_REACT_ACT_ENVIRONMENT = false;
  }
}
const warn = console.error;
console.error = (...said) => {
  if (!String(said[0]).includes("react-test-renderer is deprecated")) warn(...said);
};

/** @type {Feed} */
let shown;

class None {
  constructor() {
    assert.fail("there are no connections on the server");
  }
}

/** @param {{url: string, coverage: string, options: FollowOptions}} props */
function Page({ url, coverage, options }) {
  shown = useFeed(url, coverage, options);
  return createElement("ol", null, ...shown.entries.map(({ id }) => createElement("li", { key: id }, id)));
}

/**
 * @param {import("node:test").TestContext} t
 * @param {string} url
 */
async function render(t, url, coverage = "c", /** @type {FollowOptions} */ options = {}) {
  const element = (/** @type {string} */ id, /** @type {FollowOptions} */ more) =>
    createElement(StrictMode, null, createElement(Page, { url, coverage: id, options: { WebSocket, ...more } }));
  /** @type {import("react-test-renderer").ReactTestRenderer} */
  let root = /** @type {any} */ (null);
  await act(async () => {
    root = create(element(coverage, options));
  });
  t.after(() => act(() => root.unmount()));
  return {
    root,
    update: (/** @type {string} */ id, /** @type {FollowOptions} */ more) => act(() => root.update(element(id, more))),
    /** @param {() => unknown} condition */
    until: (condition) => until(condition, String(condition)),
  };
}

test("a component draws the timeline, and draws it anew when something comes", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    visit.greet(visit.query.after ? "resumed" : "snapshot");
    visit.say("live");
  });
  const page = await render(t, url);
  assert.equal(shown.state, "connecting");
  await page.until(() => shown.state === "live");
  assert.equal(shown.coverage?.title, "C");
  const before = shown;
  visits.at(-1)?.change(0, 1);
  await page.until(() => shown.entries.length === 1);
  assert.notEqual(shown, before);
  assert.deepEqual(page.root.toJSON(), {
    type: "ol",
    props: {},
    children: [{ type: "li", props: {}, children: ["e1"] }],
  });
  const same = shown;
  await page.update("c", {});
  assert.equal(shown, same);
});

test("another coverage is another connection, and the one before is left", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    visit.greet();
    visit.say("live");
  });
  const page = await render(t, url);
  await page.until(() => shown.state === "live");
  const first = visits.at(-1);
  await page.update("other", {});
  await page.until(() => shown.state === "live");
  await first?.left();
  assert.equal(visits.at(-1)?.path, "/v1/coverages/other/live");
});

test("the newest token is asked, and the end and its successor are shown", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    await until(() => visit.heard.length);
    visit.greet();
    visit.say("live");
  });
  const page = await render(t, url, "c", { token: () => "first" });
  await page.until(() => shown.state === "live");
  await page.update("c", { token: () => "second" });
  visits.at(-1)?.say("auth", { within_ms: 60_000 });
  await page.until(() => visits.at(-1)?.heard.length === 2);
  assert.equal(visits.at(-1)?.heard[1].token, "second");
  visits.at(-1)?.end(0, 1);
  await page.until(() => shown.ended && shown.state === "ended");
});

test("a refusal is shown", async (t) => {
  const { url } = await liveServer(t, (visit) => visit.close(4004));
  const page = await render(t, url);
  await page.until(() => shown.state === "refused");
  assert.equal(shown.error?.code, "unknown_coverage");
});

test("older pages are loaded", async (t) => {
  const old = { id: "old", revision: 1, status: "published", blocks: [], display_at: "2026-11-23T08:00:00.000Z" };
  const { url } = await liveServer(t, (visit) => {
    if (visit.kind === "http") return visit.answer(200, { entries: [old], next: null });
    visit.say("hello", { mode: "snapshot" });
    visit.say("snapshot", { coverage: { id: "c", revision: 1 }, entries: [], cursor: "0-0", next: "p2" });
    visit.say("live");
  });
  const page = await render(t, url);
  await page.until(() => shown.hasOlder);
  await act(async () => {
    await shown.loadOlder();
  });
  assert.deepEqual(
    shown.entries.map(({ id }) => id),
    ["old"],
  );
  assert.equal(shown.hasOlder, false);
});

test("on the server what the page is made from is drawn, and nothing is opened", () => {
  const entry = /** @type {any} */ ({ id: "rendered", revision: 1, display_at: "2026-11-23T08:00:00.000Z" });
  const snapshot = { type: "snapshot", entries: [entry], cursor: "7-0" };
  const options = { snapshot, WebSocket: None };
  const html = renderToString(createElement(Page, { url: "http://127.0.0.1:9", coverage: "c", options }));
  assert.equal(html, "<ol><li>rendered</li></ol>");
});
