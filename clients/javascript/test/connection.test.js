// Over real sockets, against a server that does what the test says. Waits are drawn as nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { Connection, FeedError } from "../feed_sdk/index.js";
import { Clock, changeOf, liveServer, until } from "./scripted.js";

/** @typedef {import("./scripted.js").Visit} Visit */

class Heard {
  /** @type {import("../feed_sdk/index.js").Message[][]} */
  batches = [];
  /** @type {string[]} */
  states = [];
  /** @type {any} */
  detail;

  get types() {
    return this.batches.flat().map(({ type }) => type);
  }

  get cursors() {
    return this.batches.flatMap((batch) => batch.filter(({ prev }) => prev).map(({ cursor }) => cursor));
  }

  /** @param {string} state */
  async state(state) {
    await until(() => this.states.at(-1) === state, `state ${state}, after ${this.states}`);
  }
}

/**
 * @param {import("node:test").TestContext} t
 * @param {string} url
 * @param {Partial<import("../feed_sdk/index.js").ConnectionOptions>} [options]
 */
function connect(t, url, options = {}) {
  const heard = new Heard();
  const connection = new Connection(
    { url, coverage: "c", random: () => 0, transports: ["websocket"], WebSocket, isOnline: () => true, ...options },
    {
      messages: (messages) => heard.batches.push(messages),
      state: (state, detail) => {
        heard.states.push(state);
        heard.detail = detail;
      },
    },
  );
  t.after(() => connection.close());
  connection.start();
  return { connection, heard };
}

test("a coverage is followed to its end", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    visit.greet();
    visit.say("live");
    visit.change(0, 1);
    visit.end(1, 2);
  });
  const { connection, heard } = connect(t, url, { limit: 7 });
  await heard.state("ended");
  assert.deepEqual(heard.types, ["hello", "snapshot", "live", "entry.published", "coverage.ended"]);
  assert.deepEqual(heard.states, ["connecting", "live", "ended"]);
  assert.equal(connection.cursor, "2-0");
  assert.equal(visits[0]?.path, "/v1/coverages/c/live");
  assert.deepEqual(visits[0]?.query, { limit: "7" });
});

test("what is caught up with comes at once, and then each change as it comes", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    visit.greet("resumed");
    for (let n = 1; n <= 100; n++) visit.change(n - 1, n);
    visit.say("live");
    visit.change(100, 101);
    visit.change(101, 102);
  });
  const { heard } = connect(t, url, { after: "0-0" });
  await until(() => heard.cursors.length === 102);
  assert.deepEqual(
    heard.batches.map((batch) => batch.length),
    [102, 1, 1],
  );
});

test("what came is shown after a second, even where more is on its way", async (t) => {
  const clock = new Clock(t);
  const { url, visits } = await liveServer(t, (visit) => visit.greet());
  const { heard, connection } = connect(t, url);
  await until(() => connection.transport && visits.length === 1);
  await until(() => {
    clock.tick(100);
    return heard.batches.length === 1;
  });
  assert.deepEqual(heard.states, ["connecting"]);
});

test("a lost connection is resumed where it broke", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.number === 0) {
      visit.greet();
      visit.change(0, 1);
      visit.vanish();
    } else if (visit.number === 1) {
      visit.greet("resumed");
      for (let n = Number.parseInt(visit.query.after ?? "0", 10) + 1; n < 4; n++) visit.change(n - 1, n);
      visit.close(1012);
    } else {
      assert.equal(visit.query.after, "3-0");
      visit.greet("resumed");
      visit.end(3, 4);
    }
  });
  const { heard } = connect(t, url, { after: "0-0" });
  await heard.state("ended");
  assert.deepEqual(heard.cursors, ["1-0", "2-0", "3-0", "4-0"]);
  assert.equal(visits.length, 3);
  assert.deepEqual(heard.states, ["connecting", "reconnecting", "reconnecting", "ended"]);
});

test("a hole in the log is never handed on", async (t) => {
  const { url } = await liveServer(t, async (visit) => {
    visit.greet("resumed");
    if (visit.number === 0) {
      visit.change(0, 1);
      visit.change(2, 3);
      await visit.left();
    } else {
      assert.equal(visit.query.after, "1-0");
      visit.change(1, 2);
      visit.end(2, 3);
    }
  });
  const { heard } = connect(t, url, { after: "0-0" });
  await heard.state("ended");
  assert.deepEqual(heard.cursors, ["1-0", "2-0", "3-0"]);
});

test("a frame that is no message is answered with another connection", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.number === 0) visit.babble("{");
    else visit.greet();
    visit.say("live");
  });
  const { heard } = connect(t, url);
  await heard.state("live");
  assert.equal(visits.length, 2);
});

test("a refusal stops, and says why", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    visit.say("error", { code: "unknown_coverage", detail: "There is no coverage 'c'." });
    visit.close(4004);
  });
  const { heard } = connect(t, url);
  await heard.state("refused");
  assert.equal(heard.detail.code, "unknown_coverage");
  assert.equal(heard.detail.detail, "There is no coverage 'c'.");
  assert.equal(visits.length, 1);
});

for (const end of ["live", "hello", "change"]) {
  test(`a server that gets nothing new is said to be late, until a ${end} comes`, async (t) => {
    /** @type {Visit[]} */
    const all = [];
    const { url } = await liveServer(t, (visit) => {
      all.push(visit);
      visit.say("error", { code: "store_unavailable" }); // before it is live it says nothing of what is shown
      visit.greet("resumed");
      visit.say("live");
    });
    const { heard } = connect(t, url, { after: "1-0" });
    await heard.state("live");
    const [visit] = all;
    visit?.say("error", { code: "of a newer server" });
    visit?.say("error", { code: "store_unavailable", detail: "Away." });
    await heard.state("delayed");
    visit?.say("audience", { count: 3 });
    await until(() => heard.types.includes("audience"), "the audience");
    assert.equal(heard.states.at(-1), "delayed");
    if (end === "change") visit?.say("entry.published", changeOf(1, 2));
    else visit?.say(end, { cursor: "1-0" });
    await heard.state("live");
    assert.deepEqual(heard.states, ["connecting", "live", "delayed", "live"]);
    assert.equal(all.length, 1);
  });
}

test("an advised delay is waited for, whatever wakes", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.number === 0) visit.close(4202, '{"r":300}');
    else visit.greet();
    visit.say("live");
  });
  const { connection, heard } = connect(t, url);
  await heard.state("reconnecting");
  const told = performance.now();
  assert.equal(heard.detail.delay, 300);
  connection.probe();
  await heard.state("live");
  assert.ok(performance.now() - told > 250);
  assert.equal(visits.length, 2);
});

// Tokens

test("the token is the first message, and not in the address", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    await until(() => visit.heard.length);
    visit.greet();
    visit.say("live");
  });
  const { heard } = connect(t, url, { token: "secret" });
  await heard.state("live");
  assert.deepEqual(visits[0]?.heard, [{ type: "auth", token: "secret" }]);
  assert.ok(!JSON.stringify(visits[0]?.query).includes("secret"));
});

test("a token is renewed on the same connection when the server asks, and for the next", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    await until(() => visit.heard.length);
    visit.greet();
    visit.say("live");
    if (visit.number > 0) return;
    visit.say("auth", { within_ms: 60_000 });
    await until(() => visit.heard.length === 2);
    visit.close(4101);
  });
  let given = 0;
  const { heard } = connect(t, url, { token: async () => `token-${++given}` });
  await until(() => heard.states.filter((state) => state === "live").length === 2);
  assert.deepEqual(
    visits.map((visit) => visit.heard.map(({ token }) => token)),
    [["token-1", "token-2"], ["token-3"]],
  );
});

test("a fixed token that has expired ends it", async (t) => {
  const { url } = await liveServer(t, (visit) => visit.close(4101));
  const { heard } = connect(t, url, { token: "old" });
  await heard.state("refused");
  assert.equal(heard.detail.code, "token_expired");
});

test("a token that there will never be ends it", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => visit.greet());
  const token = () => {
    throw new FeedError("signed_out", "Nobody is signed in.");
  };
  const { heard } = connect(t, url, { token });
  await heard.state("refused");
  assert.equal(heard.detail.code, "signed_out");
  assert.equal(visits.length, 0);
});

test("a token that cannot be had for now is asked for again", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    visit.greet();
    visit.say("live");
  });
  let asked = 0;
  const token = () => {
    if (++asked < 3) throw new Error("No network.");
    return "token";
  };
  const { heard } = connect(t, url, { token });
  await heard.state("live");
  assert.equal(asked, 3);
});

// Moving

test("a move makes the second connection before it leaves the first, and delivers everything once", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    if (visit.number === 0) {
      visit.greet("resumed");
      visit.say("live");
      visit.say("move", { after_ms: 0 });
      await until(() => visits.length === 2);
      visit.change(0, 1);
      visit.change(1, 2);
      await visit.left();
    } else {
      assert.equal(visit.query.after, "0-0");
      await until(() => heard.cursors.length === 2);
      assert.equal(visits[0]?.hasLeft, false);
      visit.greet("resumed");
      visit.change(0, 1);
      visit.change(1, 2);
      visit.change(2, 3);
      visit.say("live");
      await until(() => visits[0]?.hasLeft);
      visit.end(3, 4);
    }
  });
  const { heard } = connect(t, url, { after: "0-0" });
  await heard.state("ended");
  assert.deepEqual(heard.cursors, ["1-0", "2-0", "3-0", "4-0"]);
  assert.deepEqual(heard.states, ["connecting", "live", "ended"]);
});

test("a first connection that ends during a move leaves the second to go on", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    if (visit.number === 0) {
      visit.greet("resumed");
      visit.say("live");
      visit.say("move", { after_ms: 0 });
      await until(() => visits.length === 2);
      visit.close(4201);
      await visit.left();
    } else {
      await until(() => visits[0]?.hasLeft);
      visit.greet("resumed");
      visit.say("live");
    }
  });
  const { heard } = connect(t, url, { after: "0-0" });
  await until(() => heard.states.join() === "connecting,live,reconnecting,live");
  assert.equal(visits.length, 2);
});

test("a move that fails is tried again, and the first goes on meanwhile", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    if (visit.number === 1) visit.close(4202);
    else visit.greet("resumed");
    visit.say("live");
    if (visit.number === 0) {
      visit.say("move", { after_ms: 0 });
      await until(() => visits.length === 3);
      await visit.left();
    }
  });
  const { heard } = connect(t, url, { after: "0-0" });
  await until(() => visits.length === 3 && visits[0]?.hasLeft);
  assert.deepEqual(heard.states, ["connecting", "live"]);
});

test("a token that has expired on the second connection of a move is renewed on the first too", async (t) => {
  const { url, visits } = await liveServer(t, async (visit) => {
    await until(() => visit.heard.length);
    if (visit.number === 1) return visit.close(4101);
    visit.greet("resumed");
    visit.say("live");
    if (visit.number > 0) return;
    visit.say("move", { after_ms: 0 });
    await until(() => visit.heard.length === 2, "the new token");
    release();
  });
  let release = () => {};
  const renewed = new Promise((resolve) => {
    release = () => resolve(null);
  });
  let given = 0;
  const token = async () => {
    given += 1;
    // The third connection is not made before the first has shown its new token.
    if (given > 3) await renewed;
    return `token-${given}`;
  };
  const { heard } = connect(t, url, { after: "0-0", token });
  await until(() => visits[0]?.hasLeft);
  assert.deepEqual(
    visits.map((visit) => visit.heard.map(({ token }) => token)),
    [["token-1", "token-3"], ["token-2"], ["token-4"]],
  );
  assert.deepEqual(heard.states, ["connecting", "live"]);
});

// Sleep and network

test("after a sleep a dead connection is replaced within four seconds", async (t) => {
  const clock = new Clock(t);
  const { url, visits } = await liveServer(t, (visit) => {
    visit.greet(visit.number ? "resumed" : "snapshot");
    visit.say("live");
  });
  const { connection, heard } = connect(t, url);
  await heard.state("live");
  connection.probe();
  await until(() => visits[0]?.heard.length);
  assert.deepEqual(visits[0]?.heard, [{ type: "ping" }]);
  clock.tick(3900);
  assert.deepEqual(heard.states, ["connecting", "live"]);
  clock.tick(100);
  assert.equal(heard.states.at(-1), "reconnecting");
  clock.tick(1);
  await heard.state("live");
  assert.equal(visits[1]?.query.after, "0-0");
});

test("a connection that says nothing in ten seconds is given up", async (t) => {
  const clock = new Clock(t);
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.number === 0) return;
    visit.greet();
    visit.say("live");
  });
  const { heard } = connect(t, url);
  await until(() => visits.length === 1);
  clock.tick(10_000);
  assert.equal(heard.states.at(-1), "reconnecting");
  clock.tick(1);
  await heard.state("live");
});

test("a page that is put aside lets go of the network, and goes on from its cursor", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    visit.greet(visit.number ? "resumed" : "snapshot");
    if (visit.number) visit.change(0, 1);
    visit.say("live");
  });
  const { connection, heard } = connect(t, url);
  await heard.state("live");
  connection.suspend();
  await visits[0]?.left();
  assert.equal(heard.states.at(-1), "reconnecting");
  connection.probe();
  await heard.state("live");
  assert.deepEqual(heard.cursors, ["1-0"]);
  assert.equal(visits[1]?.query.after, "0-0");
});

test("offline is said, and taken back when the connection turns out to be alive", async (t) => {
  const { url } = await liveServer(t, async (visit) => {
    visit.greet();
    visit.say("live");
    await until(() => visit.heard.length);
    visit.say("pong");
  });
  const { connection, heard } = connect(t, url);
  await heard.state("live");
  connection.lost();
  assert.equal(heard.states.at(-1), "offline");
  connection.probe();
  await heard.state("live");
});

test("a connection lost without a network is offline", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    if (visit.number === 0) visit.vanish();
    visit.greet();
    visit.say("live");
  });
  const { heard } = connect(t, url, { isOnline: () => false });
  await until(() => heard.states.join() === "connecting,offline,live");
});

test("what is closed stays closed", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    visit.greet();
    visit.say("live");
  });
  const { connection, heard } = connect(t, url);
  await heard.state("live");
  connection.close();
  connection.probe();
  connection.start();
  connection.lost();
  await visits[0]?.left();
  assert.equal(heard.states.at(-1), "closed");
  assert.equal(visits.length, 1);
});

test("a listener may close in the middle", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    visit.greet();
    visit.say("live");
    visit.end(0, 1);
  });
  /** @type {string[]} */
  const states = [];
  const connection = new Connection(
    { url, coverage: "c", WebSocket },
    { messages: () => connection.close(), state: (state) => states.push(state) },
  );
  connection.start();
  await until(() => states.includes("closed"));
  assert.deepEqual(states, ["connecting", "closed"]);
});

// Other ways

const transports = /** @type {import("../feed_sdk/index.js").Transport[]} */ (["websocket", "sse", "poll"]);

/** What a server has to say to a poll at a place: everything up to 3. */
function pollOf(/** @type {Visit} */ visit) {
  if (visit.path.endsWith("/c")) return visit.answer(200, { id: "c", title: "C", status: "live", revision: 1 });
  if (!visit.query.after) return visit.answer(200, { entries: [], cursor: "0-0", next: null });
  const events = [];
  for (let n = Number.parseInt(visit.query.after, 10) + 1; n <= 3; n++) {
    events.push({ type: "entry.published", ...changeOf(n - 1, n) });
  }
  if (events.length || visit.query.wait === "0") {
    return visit.answer(200, { events, cursor: "3-0", up_to_date: true, ended: false });
  }
}

test("where websockets do not get through, events are streamed from the same cursor", async (t) => {
  const { url, visits } = await liveServer(t, function refuseWebsockets(visit) {
    assert.equal(visit.kind, "events");
    assert.equal(visit.query.after, "5-0");
    assert.equal(visit.headers.authorization, "Bearer secret");
    visit.babble("retry: 1000\n\n");
    visit.greet("resumed");
    visit.change(5, 6);
    visit.say("live");
    visit.babble(": still here\n\n");
  });
  const { connection, heard } = connect(t, url, { transports, after: "5-0", token: "secret" });
  await heard.state("live");
  assert.equal(connection.transport, "sse");
  assert.deepEqual(heard.cursors, ["6-0"]);
  assert.equal(visits.filter(({ kind }) => kind === "websocket").length, 2);
});

test("where nothing else gets through, it is asked for again and again", async (t) => {
  const { url, visits } = await liveServer(t, function refuseWebsockets(visit) {
    if (visit.kind === "events") visit.vanish();
    else pollOf(visit);
  });
  const { connection, heard } = connect(t, url, { transports });
  await until(() => heard.cursors.length === 3);
  await heard.state("live");
  assert.equal(connection.transport, "poll");
  assert.equal(connection.cursor, "3-0");
  await until(() => visits.at(-1)?.query.wait === "20");
});

test("a poll that cannot resume gets everything anew", async (t) => {
  const { url } = await liveServer(t, (visit) => {
    if (visit.query.after === "9-0") visit.answer(410, { code: "cursor_lost", reason: "fork" });
    else pollOf(visit);
  });
  const { heard } = connect(t, url, { transports: ["poll"], after: "9-0" });
  await until(() => heard.cursors.length === 3);
  await heard.state("live");
  assert.deepEqual(heard.batches[0]?.map(({ type, mode, reason }) => [type, mode, reason]).slice(0, 2), [
    ["hello", "reset", "fork"],
    ["snapshot", undefined, undefined],
  ]);
});

test("an event stream of a coverage that has ended says so", async (t) => {
  const { url } = await liveServer(t, (visit) => visit.answer(204));
  const { heard } = connect(t, url, { transports: ["sse"], after: "5-0" });
  await heard.state("ended");
});

test("an event stream is left after the end, and comes back after a break with the advice it was given", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.number === 2) return visit.answer(204);
    visit.babble("retry: 1000\n\n");
    visit.greet("resumed");
    if (visit.number === 0) {
      visit.change(5, 6);
      visit.say("live");
      visit.babble("retry: 40\n\n");
      visit.close(1000);
    } else visit.end(6, 7);
  });
  const { heard } = connect(t, url, { transports: ["sse"], after: "5-0" });
  await heard.state("reconnecting");
  assert.equal(heard.detail.delay, 40);
  await heard.state("ended");
  assert.deepEqual(heard.cursors, ["6-0", "7-0"]);
  // Whether it was the end is said by the answer to coming back.
  assert.equal(visits.length, 3);
});

test("a refusal over HTTP is one of the coverage, where the server says so itself", async (t) => {
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.number === 0) visit.answer(403, "Blocked by the office's proxy");
    else if (visit.number === 1) visit.answer(503, { code: "store_unavailable", retry_after_ms: 20 });
    else if (visit.number === 2) visit.answer(401, { code: "token_expired", detail: "The token has expired." });
    else visit.answer(404, { code: "unknown_coverage", detail: "There is no coverage 'c'." });
  });
  const { heard } = connect(t, url, { transports: ["sse"], token: () => "token" });
  await heard.state("refused");
  assert.equal(heard.detail.code, "unknown_coverage");
  assert.equal(visits.length, 4);
});

test("after a while on another way a websocket is tried beside it, and taken when it greets", async (t) => {
  const clock = new Clock(t, { date: false });
  let isBlocked = true;
  const { url, visits } = await liveServer(t, (visit) => {
    if (visit.kind === "websocket" && isBlocked) return visit.vanish();
    visit.greet(visit.query.after ? "resumed" : "snapshot");
    visit.say("live");
  });
  const { connection, heard } = connect(t, url, { transports });
  await until(() => {
    clock.tick(1);
    return connection.transport === "sse" && heard.states.at(-1) === "live";
  });
  isBlocked = false;
  const before = visits.length;
  clock.tick(600_000);
  await until(() => connection.transport === "websocket");
  assert.deepEqual(
    visits.slice(before).map(({ kind }) => kind),
    ["websocket"],
  );
  await visits[before - 1]?.left();
  assert.equal(heard.states.at(-1), "live");
});

test("the ways that are tried are those that the platform has", (t) => {
  const first = (/** @type {object} */ options) =>
    new Connection({ url: "http://127.0.0.1:9", coverage: "c", ...options }, { messages: () => {} }).transport;
  const { WebSocket: own } = globalThis;
  const body = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Response.prototype, "body"));
  t.after(() => {
    Object.assign(globalThis, { WebSocket: own });
    Object.defineProperty(Response.prototype, "body", body);
  });
  assert.equal(first({ WebSocket }), "websocket");
  Object.assign(globalThis, { WebSocket: undefined });
  assert.equal(first({}), "sse");
  // React Native's fetch has no streams; one that is handed in is taken to have them.
  Reflect.deleteProperty(Response.prototype, "body");
  assert.equal(first({}), "poll");
  assert.equal(first({ fetch }), "sse");
});

test("an address that is none is told at once", () => {
  const to = { messages: () => {} };
  for (const url of ["", "live.example", "ftp://live.example", "http://"]) {
    assert.throws(() => new Connection({ url, coverage: "c" }, to), /is no address of a server/, url);
  }
});
