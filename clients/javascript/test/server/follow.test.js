// Following on a real server, on each way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { follow, Timeline } from "../../feed_sdk/index.js";
import { Producer } from "../../feed_sdk/producer.js";
import { until } from "../scripted.js";
import { coverageOn, Server, shared } from "./feed.js";

/** @typedef {import("../../feed_sdk/index.js").Transport} Transport */
/** @typedef {import("../../feed_sdk/index.js").FollowOptions} FollowOptions */

const WAYS = /** @type {Transport[]} */ (["websocket", "sse", "poll"]);

/** @type {{url: string, token: string, stop: () => Promise<void>, remove: () => void}} */
let server;
before(async () => {
  server = await shared();
});
after(async () => {
  await server.stop();
  server.remove();
});

/** One follower, and what it saw. */
class Reader {
  /** @type {string[]} */
  cursors = [];
  /** @type {string[]} */
  types = [];
  /** @type {string[]} */
  states = [];

  /**
   * @param {import("node:test").TestContext} t
   * @param {string} url
   * @param {string} coverage
   * @param {Transport} way
   * @param {FollowOptions} [options]
   */
  constructor(t, url, coverage, way, options = {}) {
    this.way = way;
    this.following = follow(url, coverage, { WebSocket, transports: [way], ...options });
    this.following.on("message", ({ type, cursor, prev }) => {
      this.types.push(type);
      if (prev && cursor) this.cursors.push(cursor);
    });
    this.following.on("state", (state) => this.states.push(state));
    t.after(() => this.following.close());
  }

  get timeline() {
    return this.following.timeline;
  }

  /** @param {string} state */
  async state(state) {
    await until(() => this.following.state === state, `${this.way} is ${state}, after ${this.states}`);
  }

  /** @param {string} cursor */
  async reached(cursor) {
    await until(() => this.following.cursor === cursor, `${this.way} has ${cursor}, not ${this.following.cursor}`);
  }
}

/**
 * A reader's timeline is the store's.
 * @param {Producer} producer
 * @param {string} id
 * @param {Timeline} timeline
 */
async function assertSame(producer, id, timeline) {
  const { entries } = await producer.page(id, { limit: 500 });
  assert.deepEqual(timeline.entries, entries);
  const { cursor, ...head } = await producer.get(id);
  assert.deepEqual({ ...timeline.coverage, cursor: undefined }, { ...head, cursor: undefined });
}

test("a day from its first entry to its end is the same on every way", async (t) => {
  const { id, producer } = await coverageOn(server);
  const readers = WAYS.map((way) => new Reader(t, server.url, id, way));
  for (const reader of readers) await reader.state("live");

  const first = (await producer.publish(id, { headline: "First", text: "It begins." })).entry.id;
  const wrong = (await producer.publish(id, { headline: "Wrong", text: "Not so." })).entry.id;
  const gone = (await producer.publish(id, { text: "A name that must not be read." })).entry.id;
  await producer.publish(id, { headline: "Earlier", text: "Back-timed.", display_at: "2026-01-01T00:00:00Z" });
  await producer.publishMany(id, [{ text: "one" }, { text: "two" }, { text: "three" }]);
  await producer.revise(id, first, { text: "It began.", correction: "The tense was wrong." });
  await producer.retract(id, wrong, "It did not happen.");
  await producer.delete(id, gone, { reason: "A private name." });
  await producer.pin(id, first);
  await producer.change(id, { title: "A day of tests, still", key_points: ["One thing"] });
  const successor = { title: "Day two", url: "https://example.org/two" };
  const ended = await producer.end(id, { title: "A day of tests, over", entry: { text: "Good night." }, successor });

  for (const reader of readers) {
    await reader.state("ended");
    assert.equal(reader.following.cursor, ended.cursor, reader.way);
    assert.deepEqual(reader.cursors, [...new Set(reader.cursors)], reader.way);
    assert.deepEqual(reader.cursors, readers[0]?.cursors, reader.way);
    assert.equal(reader.types.at(-1), "coverage.ended");
    assert.equal(reader.timeline.ended, true);
    assert.deepEqual(reader.timeline.successor, successor);
    assert.equal(reader.timeline.pinned?.id, first);
    assert.equal(reader.timeline.wasDeleted(gone), true);
    await assertSame(producer, id, reader.timeline);
  }

  for (const way of WAYS) {
    const late = new Reader(t, server.url, id, way);
    await late.state("ended");
    await assertSame(producer, id, late.timeline);
    const again = new Reader(t, server.url, id, way, { after: ended.cursor });
    await again.state("ended");
    assert.deepEqual(again.cursors, [], way);
  }
});

test("what happened while a reader was away is caught up with, on another way too", async (t) => {
  const { id, producer } = await coverageOn(server);
  const reader = new Reader(t, server.url, id, "websocket");
  await reader.state("live");
  reader.following.suspend();
  let cursor = "";
  for (let n = 0; n < 20; n++) ({ cursor } = await producer.publish(id, { text: `Number ${n}` }));
  for (const way of /** @type {Transport[]} */ (["sse", "poll"])) {
    const timeline = new Timeline();
    timeline.apply(reader.timeline.asSnapshot());
    const other = new Reader(t, server.url, id, way, { timeline });
    await other.reached(cursor);
    assert.equal(other.cursors.length, 20, way);
    assert.equal(other.types.includes("snapshot"), false, way);
    await assertSame(producer, id, timeline);
  }
  reader.following.probe();
  await reader.reached(cursor);
  assert.equal(reader.types.filter((type) => type === "snapshot").length, 1);
  await assertSame(producer, id, reader.timeline);
});

test("older pages are loaded to the first entry", async (t) => {
  const { id, producer } = await coverageOn(server);
  await producer.publishMany(
    id,
    Array.from({ length: 25 }, (_, n) => ({ text: `Number ${n}` })),
  );
  const reader = new Reader(t, server.url, id, "websocket", { limit: 10 });
  await reader.state("live");
  assert.equal(reader.timeline.entries.length, 10);
  while (await reader.following.loadOlder(10));
  assert.equal(reader.timeline.entries.length, 25);
  await assertSame(producer, id, reader.timeline);
});

test("a cursor that the server never gave is refused or answered with a fresh page", async (t) => {
  const { id } = await coverageOn(server);
  for (const way of WAYS) {
    const stranger = new Reader(t, server.url, id, way, { after: "9999999999999-0" });
    await stranger.state("live");
    assert.ok(stranger.types.includes("snapshot"), way);
    const malformed = new Reader(t, server.url, id, way, { after: "yesterday" });
    await malformed.state("refused");
    assert.equal(malformed.following.error?.code, "malformed_cursor", way);
  }
});

test("a private coverage is followed with a token that is renewed", async (t) => {
  const { id, producer } = await coverageOn(server, { visibility: "private" });
  const follows = async (/** @type {Transport} */ way) => {
    let asked = 0;
    const token = async () => {
      asked++;
      return (await producer.createToken([`read:${id}`], { expires_in_s: 2 })).token;
    };
    const reader = new Reader(t, server.url, id, way, { token });
    await reader.state("live");
    // A poll that is held back was asked with a token that was right then: news make it ask again.
    while (asked < 2) {
      await producer.publish(id, { text: `For those who may read it, by ${way}.` });
      await sleep(100);
    }
    return reader;
  };
  const readers = await Promise.all(WAYS.map(follows));
  const { cursor } = await producer.publish(id, { text: "For all." });
  for (const reader of readers) {
    await reader.reached(cursor);
    await assertSame(producer, id, reader.timeline);
  }
  assert.deepEqual(readers[0]?.states, ["connecting", "live"]);
});

test("a private coverage is not there for others", async (t) => {
  const { id, producer } = await coverageOn(server, { visibility: "private" });
  const { token } = await producer.createToken(["read:another"]);
  const strangers = WAYS.flatMap((way) => [
    new Reader(t, server.url, id, way),
    new Reader(t, server.url, id, way, { token }),
    new Reader(t, server.url, "no-such-coverage", way),
  ]);
  for (const stranger of strangers) {
    await stranger.state("refused");
    assert.equal(stranger.following.error?.code, "unknown_coverage", stranger.way);
  }
});

for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGKILL", "SIGTERM"])) {
  test(`over ${signal} and a restart no entry is lost and none comes twice`, async (t) => {
    const restarted = await new Server({ FEED_DRAIN_WINDOW: "1" }).start();
    t.after(async () => {
      await restarted.stop();
      restarted.remove();
    });
    const { id, producer } = await coverageOn(restarted);
    const readers = WAYS.map((way) => new Reader(t, restarted.url, id, way));
    for (const reader of readers) await reader.state("live");
    const texts = Array.from({ length: 12 }, (_, n) => `Number ${n}`);
    const published = (async () => {
      let cursor = "";
      for (const text of texts) ({ cursor } = await producer.publish(id, { text }));
      return cursor;
    })();
    await until(() => readers.every((reader) => reader.cursors.length > 2));
    await restarted.stop(signal);
    await restarted.start();
    const cursor = await published;
    for (const reader of readers) {
      await reader.reached(cursor);
      assert.equal(reader.cursors.length, texts.length, reader.way);
      assert.equal(new Set(reader.cursors).size, texts.length, reader.way);
      await assertSame(producer, id, reader.timeline);
    }
    assert.ok(readers[0]?.states.includes("reconnecting"));
  });
}
