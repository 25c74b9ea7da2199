// What applications call: the timeline, events, iteration, storage, the life of the page or the app.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { appLifecycle, FeedError, follow, memoryStorage, pageLifecycle, Timeline } from "../feed_sdk/index.js";
import { liveServer, until, within } from "./scripted.js";

/** @typedef {import("./scripted.js").Visit} Visit */

/**
 * @param {import("node:test").TestContext} t
 * @param {string} url
 * @param {import("../feed_sdk/index.js").FollowOptions} [options]
 */
function followed(t, url, options = {}) {
  const following = follow(url, "c", { WebSocket, random: () => 0, ...options });
  t.after(() => following.close());
  return following;
}

const live = (/** @type {Visit} */ visit) => {
  visit.greet(visit.query.after ? "resumed" : "snapshot");
  visit.say("live");
};

test("messages can be iterated over, to the end of the coverage", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    live(visit);
    visit.change(0, 1);
    visit.end(1, 2);
  });
  const following = followed(t, url);
  const types = [];
  for await (const message of following) types.push(message.type);
  assert.deepEqual(types, ["hello", "snapshot", "live", "entry.published", "coverage.ended"]);
  assert.equal(following.state, "ended");
  assert.equal(following.timeline.ended, true);
  assert.equal(following.cursor, "2-0");
  for await (const _ of following) assert.fail("nothing comes after the end");
});

test("two may iterate at the same time, and one may leave", async (t) => {
  const { url } = await liveServer(t, async (visit) => {
    live(visit);
    await until(() => visit.heard.length);
    visit.end(0, 1);
  });
  const following = followed(t, url);
  const first = (async () => {
    for await (const { type } of following) if (type === "live") break;
  })();
  const all = (async () => {
    const types = [];
    for await (const { type } of following) types.push(type);
    return types;
  })();
  await within(first);
  following.probe();
  assert.deepEqual(await within(all), ["hello", "snapshot", "live", "coverage.ended"]);
});

test("iterating over what was refused throws why", async (t) => {
  const { url } = await liveServer(t, (visit) => visit.close(4004));
  const following = followed(t, url);
  /** @type {unknown[]} */
  const told = [];
  following.on("error", (error) => told.push(error));
  const iterate = async () => {
    for await (const _ of following) assert.fail("there are no messages");
  };
  await assert.rejects(iterate, { name: "FeedError", code: "unknown_coverage", closeCode: 4004 });
  assert.deepEqual(told, [following.error]);
  assert.equal(following.state, "refused");
  await assert.rejects(iterate, FeedError);
});

test("events tell of messages, changes, states and the audience", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    live(visit);
    visit.say("audience", { count: 12 });
    visit.change(0, 1);
    visit.end(1, 2);
  });
  const following = followed(t, url);
  /** @type {unknown[]} */
  const told = [];
  following.on("state", (state) => told.push(state));
  following.on("audience", (count) => told.push(count));
  following.on("change", ({ entries }) => told.push(entries.map(({ id }) => id)));
  following.on("messages", (messages) => told.push(messages.length));
  await until(() => following.state === "ended");
  assert.deepEqual(told, ["connecting", 3, [], "live", 1, 12, 1, ["e1"], 1, ["e1"], "ended"]);
  assert.equal(following.audience, 12);
});

test("listeners are taken away by what on returns, and by removeEventListener", async (t) => {
  const { url } = await liveServer(t, async (visit) => {
    live(visit);
    await until(() => visit.heard.length);
    visit.end(0, 1);
  });
  const following = followed(t, url);
  /** @type {unknown[]} */
  const told = [];
  const off = following.on("state", (state) => told.push(state));
  const hear = (/** @type {{type: string, detail: unknown}} */ { type, detail }) => told.push([type, detail]);
  const other = () => assert.fail("it was taken away");
  following.addEventListener("state", hear);
  following.addEventListener("state", other);
  following.removeEventListener("state", other);
  await until(() => following.state === "live");
  off();
  following.probe();
  await until(() => following.state === "ended");
  assert.deepEqual(told, ["connecting", ["state", "connecting"], "live", ["state", "live"], ["state", "ended"]]);
});

test("one listener may hear several events, and leave one of them", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    live(visit);
    visit.end(0, 1);
  });
  const following = followed(t, url);
  /** @type {string[]} */
  const told = [];
  const hear = (/** @type {{type: string}} */ { type }) => told.push(type);
  following.addEventListener("state", hear);
  following.addEventListener("change", hear);
  following.removeEventListener("state", hear);
  await until(() => following.state === "ended");
  assert.deepEqual(told, ["change", "change"]);
});

test("a signal that aborts closes, before the beginning too", async (t) => {
  const { url, visits } = await liveServer(t, live);
  const control = new AbortController();
  const following = followed(t, url, { signal: control.signal });
  await until(() => following.state === "live");
  control.abort();
  assert.equal(following.state, "closed");
  const none = followed(t, url, { signal: AbortSignal.abort() });
  for await (const _ of none) assert.fail("it was never open");
  assert.equal(none.state, "closed");
  assert.equal(visits.length, 1);
});

test("it begins with what the page was made from, and goes on from there", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    live(visit);
    visit.change(7, 8);
  });
  const coverage = /** @type {any} */ ({ id: "c", title: "As rendered", revision: 1 });
  const snapshot = { type: "snapshot", coverage, entries: [], cursor: "7-0" };
  const following = followed(t, url, { snapshot });
  assert.equal(following.timeline.coverage?.title, "As rendered");
  await until(() => following.cursor === "8-0");
  assert.equal(visits[0]?.query.after, "7-0");
});

// Older pages

test("older pages are loaded below, and a reset between is not mixed with them", async (t) => {
  const at = "2026-11-23T08:00:00.000Z";
  const old = { id: "old", revision: 1, status: "published", blocks: [], display_at: at };
  const { url, visits } = await liveServer(t, async (visit) => {
    if (visit.kind === "http") {
      if (visit.query.before === "p2") return visit.answer(200, { entries: [old], next: "p3" });
      visits[0]?.say("snapshot", { coverage: { id: "c", revision: 9 }, entries: [], cursor: "5-0", next: "q2" });
      visits[0]?.say("live");
      await until(() => following.timeline.next === "q2");
      return visit.answer(200, { entries: [{ ...old, id: "older" }], next: null });
    }
    visit.say("hello", { mode: "snapshot" });
    visit.say("snapshot", { coverage: { id: "c", revision: 1 }, entries: [], cursor: "0-0", next: "p2" });
    visit.say("live");
  });
  const following = followed(t, url, { token: "secret" });
  await until(() => following.state === "live");
  assert.equal(await following.loadOlder(7), true);
  assert.equal(visits[1]?.headers.authorization, "Bearer secret");
  assert.deepEqual(visits[1]?.query, { limit: "7", before: "p2" });
  assert.deepEqual(
    following.timeline.entries.map(({ id }) => id),
    ["old"],
  );
  assert.equal(await following.loadOlder(), true);
  assert.deepEqual(following.timeline.entries, []);
  assert.equal(following.timeline.next, "q2");
});

test("without an older page nothing is asked, and a refusal is thrown", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    if (visit.kind === "http") visit.answer(503, { code: "store_unavailable", detail: "The store is away." });
  });
  const timeline = new Timeline();
  const following = followed(t, url, { timeline });
  assert.equal(await following.loadOlder(), false);
  timeline.next = "p2";
  await assert.rejects(following.loadOlder(), { code: "store_unavailable", status: 503, detail: "The store is away." });
});

// Storage

test("timeline and cursor are kept, and taken up again by the next visit", async (t) => {
  const storage = memoryStorage();
  const { url, visits } = await liveServer(t, (visit) => {
    live(visit);
    if (visit.number === 0) visit.change(0, 1);
  });
  const first = followed(t, url, { storage });
  await until(() => first.cursor === "1-0");
  first.close();
  await until(async () => storage.getItem(`feed:${url}:c`));
  const second = followed(t, url, { storage });
  await until(() => second.state === "live");
  assert.equal(visits[1]?.query.after, "1-0");
  assert.deepEqual(second.timeline.entries, first.timeline.entries);
  assert.equal(second.timeline.coverage?.title, "C");
});

test("a storage that answers later is waited for", async (t) => {
  const memory = memoryStorage();
  const storage = {
    getItem: async (/** @type {string} */ key) => memory.getItem(key),
    setItem: async (/** @type {string} */ key, /** @type {string} */ value) => memory.setItem(key, value),
  };
  const { url, visits } = await liveServer(t, live);
  const first = followed(t, url, { storage });
  await until(() => first.state === "live");
  first.suspend();
  await until(() => memory.getItem(`feed:${url}:c`));
  first.close();
  const second = followed(t, url, { storage });
  await until(() => second.state === "live");
  assert.equal(visits[1]?.query.after, "0-0");
});

test("of two tabs the one that has fallen behind does not write over the other", async (t) => {
  const storage = memoryStorage();
  /** @type {Visit[]} */
  const tabs = [];
  const { url } = await liveServer(t, (visit) => {
    live(visit);
    tabs.push(visit);
  });
  const behind = followed(t, url, { storage });
  await until(() => behind.state === "live");
  const now = Date.now();
  const ahead = followed(t, url, { storage });
  await until(() => ahead.state === "live" && Date.now() > now);
  tabs[1]?.change(0, 1);
  await until(() => ahead.cursor === "1-0");
  ahead.close();
  behind.close();
  await until(() => storage.getItem(`feed:${url}:c`));
  const kept = JSON.parse(String(storage.getItem(`feed:${url}:c`)));
  assert.equal(kept.snapshot.cursor, "1-0");
});

for (const [what, storage] of /** @type {[string, any][]} */ ([
  ["is not allowed", { getItem: () => assert.fail("SecurityError"), setItem: () => assert.fail("SecurityError") }],
  ["is full", { getItem: () => null, setItem: () => Promise.reject(new Error("QuotaExceededError")) }],
  ["holds half a page", { getItem: () => '{"v":1,"snapshot":{"cursor":"7-0","entries":[null]}}', setItem: () => {} }],
  ["holds something else", { getItem: () => '{"v":1,"snapshot":7}', setItem: () => {} }],
  ["holds no JSON", { getItem: () => "{", setItem: () => {} }],
])) {
  test(`a storage that ${what} is done without`, async (t) => {
    const { url, visits } = await liveServer(t, live);
    const following = followed(t, url, { storage });
    await until(() => following.state === "live");
    following.close();
    assert.equal(visits[0]?.query.after, undefined);
  });
}

// The life of the page or the app

class Told {
  /** @type {string[]} */
  said = [];
  probe = () => this.said.push("probe");
  suspend = () => this.said.push("suspend");
  lost = () => this.said.push("lost");
}

test("a browser's page tells of sleep, of waking and of the network", (t) => {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const { addEventListener, removeEventListener } = globalThis;
  Object.assign(globalThis, {
    document,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
  t.after(() => Object.assign(globalThis, { document: undefined, addEventListener, removeEventListener }));
  const told = new Told();
  const stop = pageLifecycle(told);
  const show = (/** @type {boolean} */ persisted) =>
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
  show(false);
  assert.deepEqual(told.said, []);
  for (const type of ["offline", "online", "pagehide"]) page.dispatchEvent(new Event(type));
  show(true);
  document.visibilityState = "hidden";
  document.dispatchEvent(new Event("visibilitychange"));
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(told.said, ["lost", "probe", "suspend", "probe", "probe"]);
  stop();
  page.dispatchEvent(new Event("online"));
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(told.said.length, 5);
});

test("an app lets go in the background and comes back", () => {
  /** @type {(state: string) => void} */
  let app = () => {};
  /** @type {(state: {isConnected: boolean|null}) => void} */
  let network = () => {};
  /** @type {string[]} */
  const gone = [];
  const appState = {
    addEventListener: (/** @type {"change"} */ _, /** @type {(state: any) => void} */ listener) => {
      app = listener;
      return { remove: () => gone.push("app") };
    },
  };
  const netInfo = {
    addEventListener: (/** @type {(state: {isConnected: boolean|null}) => void} */ listener) => {
      network = listener;
      return () => gone.push("network");
    },
  };
  const told = new Told();
  const stop = appLifecycle(appState, netInfo)(told);
  network({ isConnected: true });
  app("inactive");
  app("background");
  network({ isConnected: false });
  network({ isConnected: true });
  app("active");
  network({ isConnected: false });
  network({ isConnected: null });
  assert.deepEqual(told.said, ["suspend", "probe", "lost", "probe"]);
  stop();
  assert.deepEqual(gone, ["app", "network"]);
});

test("the lifecycle ends with what it was for", async (t) => {
  const { url } = await liveServer(t, live);
  let listening = 0;
  const lifecycle = () => {
    listening++;
    return () => {
      listening--;
    };
  };
  const following = followed(t, url, { lifecycle });
  await until(() => listening === 1);
  following.close();
  assert.equal(listening, 0);
});
