// The session alone: what it makes of messages, closes and time. Nothing here waits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "../feed_sdk/backoff.js";
import { Session } from "../feed_sdk/session.js";

/** @typedef {import("../feed_sdk/session.js").Action} Action */

function session(/** @type {string|null} */ after = null, chance = 0.5) {
  const made = new Session(after, () => chance);
  made.receiveOpen(0);
  return made;
}

const change = (/** @type {string} */ prev, /** @type {string} */ cursor, type = "entry.published") => ({
  type,
  cursor,
  prev,
  entry: { id: cursor, revision: 1 },
});
const snapshot = (/** @type {string} */ cursor) => ({ type: "snapshot", coverage: {}, entries: [], cursor });
const types = (/** @type {Action[]} */ actions) => actions.map(({ type }) => type);

/** @returns {Extract<Action, {type: "reconnect"}>} */
function reconnect(/** @type {Action|undefined} */ action) {
  assert.equal(action?.type, "reconnect");
  return /** @type {any} */ (action);
}

/** @returns {any} */
function stopped(/** @type {Action|undefined} */ action) {
  assert.equal(action?.type, "stop");
  return /** @type {any} */ (action).error;
}

test("a snapshot gives the cursor", () => {
  const s = session();
  assert.deepEqual(s.receiveMessage(snapshot("5-0"), 1), [{ type: "deliver", message: snapshot("5-0") }]);
  assert.equal(s.cursor, "5-0");
});

test("a change that follows is delivered and moves the cursor", () => {
  const s = session("5-0");
  assert.deepEqual(types(s.receiveMessage(change("5-0", "6-0"), 1)), ["deliver"]);
  assert.equal(s.cursor, "6-0");
});

test("a change seen before is dropped", () => {
  const s = session("5-0");
  s.receiveMessage(change("5-0", "6-0"), 1);
  s.receiveMessage(change("6-0", "7-0"), 1);
  assert.deepEqual(s.receiveMessage(change("5-0", "6-0"), 1), []);
  assert.deepEqual(s.receiveMessage(change("4-0", "5-0"), 1), []);
  assert.equal(s.cursor, "7-0");
});

test("a gap reconnects from the last good cursor", () => {
  const s = session("5-0");
  assert.deepEqual(types(s.receiveMessage(change("6-0", "7-0"), 1)), ["reconnect"]);
  assert.equal(s.cursor, "5-0");
});

test("a gap that stays is left by a fresh snapshot", () => {
  const s = session("5-0");
  for (let tries = 0; tries < 3; tries++) {
    s.receiveOpen(0);
    s.receiveMessage(change("6-0", "7-0"), 1);
  }
  assert.equal(s.after, null);
  assert.equal(s.cursor, "5-0");
});

test("a change of an unknown type keeps the chain", () => {
  const s = session("5-0");
  s.receiveMessage(change("5-0", "6-0", "entry.applauded"), 1);
  assert.deepEqual(types(s.receiveMessage(change("6-0", "7-0"), 1)), ["deliver"]);
});

test("a message of an unknown type and unknown fields change nothing", () => {
  const s = session("5-0");
  assert.deepEqual(types(s.receiveMessage({ type: "weather", rain: true }, 1)), ["deliver"]);
  s.receiveMessage({ ...change("5-0", "6-0"), colour: "red" }, 1);
  assert.equal(s.cursor, "6-0");
});

for (const text of ["", "{", "[]", '"x"', "{}", "null", '{"type":1}', '{"type":"snapshot"}', undefined]) {
  test(`what is no message ends the connection: ${text}`, () => {
    assert.deepEqual(types(session("5-0").receiveText(text, 1)), ["reconnect"]);
  });
}

for (const fields of [{ cursor: 1, prev: "5-0" }, { cursor: "6-0" }, { cursor: "6-0", prev: null }]) {
  test(`a change without its place ends the connection: ${JSON.stringify(fields)}`, () => {
    assert.deepEqual(types(session("5-0").receiveMessage({ type: "entry.published", ...fields }, 1)), ["reconnect"]);
  });
}

test("a hello may come again on an open connection, and a reset after it", () => {
  const s = session("5-0");
  s.receiveMessage(change("5-0", "9-0"), 1);
  assert.deepEqual(types(s.receiveMessage({ type: "hello", mode: "reset", reason: "fork" }, 2)), ["deliver"]);
  s.receiveMessage(snapshot("7-0"), 2);
  assert.equal(s.cursor, "7-0");
  // The fork may use a place anew that was seen before it.
  assert.deepEqual(types(s.receiveMessage(change("7-0", "9-0"), 3)), ["deliver"]);
});

test("the end is followed by a stop without an error", () => {
  const s = session("5-0");
  s.receiveMessage(change("5-0", "6-0", "coverage.ended"), 1);
  assert.equal(s.ended, true);
  assert.equal(stopped(s.receiveClose(1000)), null);
});

test("a coverage that ended while the client was away stops it too", () => {
  const s = session("5-0");
  s.receiveMessage({ type: "hello", mode: "resumed" }, 1);
  assert.equal(stopped(s.receiveClose(1000)), null);
});

test("a coverage that is reopened has not ended", () => {
  const s = session("5-0");
  s.receiveMessage(change("5-0", "6-0", "coverage.ended"), 1);
  s.receiveMessage(change("6-0", "7-0", "coverage.reopened"), 1);
  assert.equal(s.ended, false);
});

for (const [code, word] of [
  [4001, "bad_request"],
  [4003, "not_allowed"],
  [4004, "unknown_coverage"],
  [4009, "unsupported_version"],
  [4042, "refused"],
  [1002, "refused"],
  [1007, "refused"],
  [1008, "refused"],
  [1009, "refused"],
]) {
  test(`a refusal stops with an error that says why: ${code}`, () => {
    const error = stopped(session().receiveClose(Number(code)));
    assert.equal(error.code, word);
    assert.equal(error.closeCode, code);
  });
}

test("a refusal carries what the server said before it", () => {
  const s = session();
  s.receiveMessage({ type: "error", code: "unknown_coverage", detail: "There is no coverage 'x'." }, 0);
  const error = stopped(s.receiveClose(4004));
  assert.deepEqual([error.code, error.detail], ["unknown_coverage", "There is no coverage 'x'."]);
});

test("an expired token is renewed before reconnecting", () => {
  assert.equal(reconnect(session().receiveClose(4101)).renewToken, true);
});

test("the server may ask for a new token on the same connection", () => {
  const actions = session().receiveMessage({ type: "auth", within_ms: 60_000 }, 0);
  assert.deepEqual(actions, [{ type: "renewToken", within: 60_000 }]);
});

for (const code of [4201, 4202, 4203, 4204, 4205, 1012]) {
  test(`an advised delay is the least that is waited: ${code}`, () => {
    assert.equal(reconnect(session(null, 0).receiveClose(code, '{"r":7400}')).delay, 7400);
    const later = reconnect(session(null, 1).receiveClose(code, '{"r":7400}'));
    assert.ok(later.delay > 7400);
    assert.equal(later.floor, 7400);
  });
}

test("an error message can advise the delay", () => {
  const s = session(null, 0);
  s.receiveMessage({ type: "error", code: "overload", retryable: true, retry_after_ms: 3000 }, 0);
  assert.equal(reconnect(s.receiveClose(4202)).delay, 3000);
});

for (const reason of ["", "{", '{"r":-1}', '{"r":"soon"}', '{"r":1e400}', '{"r":true}', "[1]", "null", "busy"]) {
  test(`every other close is waited out for at most twenty seconds: ${reason}`, () => {
    for (const code of [null, 1001, 1005, 1006, 1011, 1012, 1013, 3000, 4201, 4300]) {
      const { delay } = reconnect(session(null, 1).receiveClose(code, reason));
      assert.ok(delay >= 0 && delay <= 20_000, `${delay}`);
    }
  });
}

test("the wait grows until the server says that nothing is waiting", () => {
  const s = session(null, 1);
  const waits = Array.from({ length: 7 }, () => reconnect(s.receiveClose(null)).delay);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  s.receiveMessage({ type: "live" }, 0);
  assert.equal(reconnect(s.receiveClose(null)).delay, 1000);
});

test("a backoff is drawn from the whole wait, and advice is never undercut", () => {
  for (const attempt of [0, 1, 5, 10_000]) {
    for (const chance of [0, 0.25, 1]) {
      assert.equal(backoff(attempt, chance), chance * backoff(attempt, 1));
      assert.ok(backoff(attempt, chance, 7400) >= 7400);
    }
    assert.ok(backoff(attempt, 1) >= 1000 && backoff(attempt, 1) <= 20_000);
  }
});

test("silence is answered with a ping and then a new connection", () => {
  const s = session("5-0");
  s.receiveMessage({ type: "hello", heartbeat: 10 }, 100_000);
  assert.equal(s.deadline, 110_000);
  assert.deepEqual(s.receiveTimer(109_900), []);
  assert.deepEqual(s.receiveTimer(110_000), [{ type: "send", message: { type: "ping" } }]);
  assert.equal(s.deadline, 115_000);
  assert.deepEqual(types(s.receiveTimer(115_000)), ["reconnect"]);
});

test("a pong ends the silence", () => {
  const s = session();
  s.receiveTimer(20_000);
  assert.deepEqual(s.receiveMessage({ type: "pong" }, 21_000), []);
  assert.equal(s.deadline, 41_000);
});

test("after a sleep the other side has four seconds", () => {
  const s = session("5-0");
  assert.deepEqual(types(s.receiveWake(1000)), ["send"]);
  assert.equal(s.deadline, 5000);
  // Signs of waking come together: the first one counts.
  assert.deepEqual(s.receiveWake(2000), []);
  assert.equal(s.deadline, 5000);
  assert.deepEqual(types(s.receiveTimer(5000)), ["reconnect"]);
});

test("a ping whose time ran out in the sleep is sent again", () => {
  const s = session("5-0");
  s.receiveTimer(20_000);
  assert.deepEqual(types(s.receiveWake(3_600_000)), ["send"]);
  assert.equal(s.deadline, 3_604_000);
});

test("a clock that is set back does not hide a silence", () => {
  const s = session("5-0");
  s.receiveMessage({ type: "pong" }, 3_600_000);
  assert.deepEqual(s.receiveTimer(1000), []);
  assert.equal(s.deadline, 21_000);
  assert.deepEqual(types(s.receiveTimer(21_000)), ["send"]);
  assert.deepEqual(s.receiveTimer(500), []);
  assert.equal(s.deadline, 5500);
});

test("a clock that jumps ahead costs a ping", () => {
  const s = session("5-0");
  assert.deepEqual(types(s.receiveTimer(3_600_000)), ["send"]);
  assert.deepEqual(s.receiveMessage({ type: "pong" }, 3_600_100), []);
  assert.equal(s.deadline, 3_620_100);
});

test("a move is made when the server said", () => {
  const s = session("5-0");
  s.receiveMessage({ type: "move", after_ms: 3000 }, 10_000);
  assert.equal(s.deadline, 13_000);
  assert.deepEqual(s.receiveTimer(12_900), []);
  assert.deepEqual(s.receiveTimer(13_000), [{ type: "move" }]);
  // The first connection goes on until the second has greeted.
  assert.deepEqual(types(s.receiveMessage(change("5-0", "6-0"), 13_500)), ["deliver"]);
  s.receiveOpen(14_000);
  assert.deepEqual(s.receiveMessage(change("5-0", "6-0"), 14_000), []);
  assert.deepEqual(types(s.receiveMessage(change("6-0", "7-0"), 14_000)), ["deliver"]);
});

test("a move that fails is tried again on the connection that is there", () => {
  const s = session("5-0");
  s.receiveMessage({ type: "move", after_ms: 0 }, 10_000);
  assert.deepEqual(types(s.receiveTimer(10_000)), ["move"]);
  s.receiveMoveFailure(11_000);
  assert.ok(s.deadline > 11_000 && s.deadline <= 31_000);
  assert.deepEqual(types(s.receiveTimer(s.deadline)), ["move"]);
});

test("any reconnects and repeats deliver every change once and in order", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const between = (/** @type {number} */ low, /** @type {number} */ high) =>
    low + Math.floor(random() * (high - low + 1));
  for (let round = 0; round < 300; round++) {
    const log = Array.from({ length: between(1, 30) }, (_, n) => `${n + 1}-0`);
    const s = session("0-0");
    /** @type {string[]} */
    const delivered = [];
    for (let tries = 0; tries < 20 && s.cursor !== null; tries++) {
      s.receiveOpen(0);
      const start = s.cursor === "0-0" ? 0 : log.indexOf(s.cursor) + 1;
      // The server may send again what it sent, and the connection may lose one and then break anywhere.
      const lost = random() < 0.5 ? between(start, log.length) : -1;
      const stop = between(start, log.length);
      for (let n = between(0, start); n < stop; n++) {
        if (n === lost) continue;
        const actions = s.receiveMessage(change(log[n - 1] ?? "0-0", String(log[n])), 0);
        for (const action of actions) {
          if (action.type === "deliver") delivered.push(String(action.message.cursor));
        }
        if (types(actions).includes("reconnect")) break;
      }
    }
    assert.deepEqual(delivered, log.slice(0, delivered.length));
    if (s.cursor !== null) assert.equal(s.cursor, delivered.at(-1) ?? "0-0");
  }
});
