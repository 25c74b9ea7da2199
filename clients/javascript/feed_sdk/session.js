// What a client that follows one coverage knows, and does next. No I/O and no clock: `now` is milliseconds on any clock,
// randomness is a function handed in.
//
// The caller owns the connection. It tells the session what happened (`receive…`) and does what comes back, in order:
//
//     deliver     hand the message to whoever follows
//     send        send this message
//     renewToken  get a new token and send it as an auth message
//     move        open a second connection with `after`; when its first word is a hello, call `receiveOpen`, hand the
//                 hello in, and close the first; when it cannot be made, call `receiveMoveFailure`
//     reconnect   drop the connection, wait, connect again with `after`
//     stop        it is over: normally (`error` null), or with an error
//
// and calls `receiveTimer` when `deadline` has passed. After reconnect or stop whatever was still unread on that
// connection must not be handed in any more.

import { backoff } from "./backoff.js";
import { refusal } from "./errors.js";

/** @typedef {import("./shapes.js").Message} Message */
/**
 * `delay` and `floor` are milliseconds; `floor` is the part of the delay that the server asked for.
 * @typedef {{type: "deliver", message: Message}
 *   | {type: "send", message: {type: string}}
 *   | {type: "renewToken", within: number}
 *   | {type: "move"}
 *   | {type: "reconnect", delay: number, floor: number, why: string, renewToken: boolean}
 *   | {type: "stop", error: import("./errors.js").FeedError | null}} Action
 */

const HEARTBEAT = 20_000;
const PONG_WITHIN = 5_000;
// A timer that comes this late is a sleep that nobody told of.
const LATE = 5_000;
// After a sleep a dead connection is likely.
const WAKE_WITHIN = 4_000;
// A moved connection repeats at most what came in on the old one while the new one was being made.
const REMEMBERED = 4096;
// A hole that is still there after this many tries is in the server's log: only a fresh snapshot helps.
const GAPS_BEFORE_ANEW = 3;
const LONGEST_ADVICE = 600_000;

/** @type {Record<number, string>} */
const WHY = {
  4201: "the server restarts",
  4202: "the server is overloaded",
  4203: "the connection was too slow",
  4204: "the server's store is down",
};

export class Session {
  /** That of the last message delivered: what to connect with, and to keep for the next run. @type {string|null} */
  cursor;
  /** What to connect with: null, too, while only a fresh snapshot helps. @type {string|null} */
  after;
  /** Whether the end has been delivered. */
  ended = false;
  #random;
  /** @type {Set<string>} */
  #seen = new Set();
  #attempts = 0;
  #failedMoves = 0;
  #gaps = 0;
  /** @type {Record<string, unknown>} */
  #error = {};
  #heartbeat = HEARTBEAT;
  #now = 0;
  #heardAt = 0;
  /** When a ping that waits for its answer runs out; none does: Infinity. */
  #answerBy = Infinity;
  #moveAt = Infinity;

  /**
   * @param {string|null} [after] the cursor to go on from
   * @param {() => number} [random] from 0 to 1
   */
  constructor(after = null, random = Math.random) {
    this.#random = random;
    this.cursor = this.after = after || null;
    if (after) this.#seen.add(after);
  }

  // What happened on the connection

  /**
   * A connection is up, asked for with `after=cursor`.
   * @param {number} now
   */
  receiveOpen(now) {
    this.#now = now;
    this.#answerBy = this.#moveAt = Infinity;
    this.#failedMoves = 0;
    this.#heartbeat = HEARTBEAT;
    this.#heardAt = now;
  }

  /**
   * @param {unknown} text of one frame
   * @param {number} now
   * @returns {Action[]}
   */
  receiveText(text, now) {
    return this.receiveMessage(parsed(text), now);
  }

  /**
   * The same, parsed already.
   * @param {any} message
   * @param {number} now
   * @returns {Action[]}
   */
  receiveMessage(message, now) {
    if (typeof message?.type !== "string") return [this.#reconnect("it was no message")];
    this.#reach(now);
    this.#heardAt = now;
    this.#answerBy = Infinity;
    this.#error = {}; // what it advised counts where nothing follows it
    switch (message.type) {
      case "hello":
        this.#heartbeat = duration(message.heartbeat, 1000) || HEARTBEAT;
        return [{ type: "deliver", message }];
      case "snapshot":
        return this.#receiveSnapshot(message);
      case "live":
        this.#attempts = 0;
        return [{ type: "deliver", message }];
      case "pong":
        return [];
      case "move":
        this.#moveAt = now + (duration(message.after_ms) ?? this.#moveAt - now);
        return [];
      case "auth":
        return [{ type: "renewToken", within: duration(message.within_ms) ?? 60_000 }];
      case "error":
        this.#error = message;
        return message.code === "store_unavailable" ? [{ type: "deliver", message }] : [];
    }
    return message.prev || /^(entry|coverage)\./.test(message.type)
      ? this.#receiveChange(message)
      : message.cursor
        ? []
        : [{ type: "deliver", message }];
  }

  /**
   * The connection ended, or could not be made.
   * @param {number|null} [code] null: without a closing frame
   * @param {string} [reason]
   * @returns {Action}
   */
  receiveClose(code, reason = "") {
    code ??= 1006;
    if (code === 1000) return { type: "stop", error: null };
    const said = this.#error;
    // 1002 and the like: what this client sends cannot be read, and would be sent again.
    if ((code >= 4000 && code <= 4099) || [1002, 1007, 1008, 1009].includes(code)) {
      const detail = said.detail ?? (reason.startsWith("{") ? "" : reason);
      return { type: "stop", error: refusal(code, said.code, detail) };
    }
    if (code >= 4100 && code <= 4199) return this.#reconnect("the token expired", 0, true);
    const advised = advice(reason) ?? duration(said.retry_after_ms) ?? 0;
    return this.#reconnect(WHY[code] ?? "the connection was lost", advised);
  }

  /**
   * The second connection could not be made. The first goes on; another move will be asked for.
   * @param {number} now
   */
  receiveMoveFailure(now) {
    this.#reach(now);
    this.#moveAt = now + backoff(this.#failedMoves++, this.#random());
  }

  /** The next connection is made in another way: what went before says nothing of it. */
  receiveOtherWay() {
    this.#attempts = 0;
  }

  // Time

  /** When to call `receiveTimer`. */
  get deadline() {
    return Math.min(this.#answerBy < Infinity ? this.#answerBy : this.#heardAt + this.#heartbeat, this.#moveAt);
  }

  /**
   * @param {number} now
   * @returns {Action[]}
   */
  receiveTimer(now) {
    this.#reach(now);
    if (now >= this.#moveAt) {
      this.#moveAt = Infinity;
      return [{ type: "move" }];
    }
    if (now >= this.#answerBy)
      return now < this.#answerBy + LATE ? [this.#reconnect("the connection was silent")] : this.receiveWake(now);
    return this.#answerBy === Infinity && now >= this.#heardAt + this.#heartbeat ? this.#ping(now + PONG_WITHIN) : [];
  }

  /**
   * After a sleep, a change of network, a return to the foreground: is the other side still there?
   * @param {number} now
   * @returns {Action[]}
   */
  receiveWake(now) {
    this.#reach(now);
    // A ping whose time ran out in the sleep says nothing; several signs of waking come together.
    if (this.#answerBy === Infinity || this.#answerBy <= now) return this.#ping(now + WAKE_WITHIN);
    this.#answerBy = Math.min(this.#answerBy, now + WAKE_WITHIN);
    return [];
  }

  /**
   * @param {number} answerBy
   * @returns {Action[]}
   */
  #ping(answerBy) {
    this.#answerBy = answerBy;
    return [{ type: "send", message: { type: "ping" } }];
  }

  /**
   * On a clock that was set back, what has still to come would be far away: it all moves with it.
   * @param {number} now
   */
  #reach(now) {
    const by = this.#now - now;
    this.#now = now;
    if (by <= 0) return;
    this.#heardAt -= by;
    this.#answerBy -= by;
    this.#moveAt -= by;
  }

  // The log

  /**
   * @param {Message} message
   * @returns {Action[]}
   */
  #receiveSnapshot(message) {
    if (!isPlace(message.cursor) || !Array.isArray(message.entries)) {
      return [this.#reconnect("it was no message")];
    }
    this.#seen.clear();
    this.#advance(message.cursor);
    this.ended = false;
    return [{ type: "deliver", message }];
  }

  /**
   * @param {Message} message
   * @returns {Action[]}
   */
  #receiveChange(message) {
    const { cursor, prev } = message;
    if (this.#seen.has(/** @type {string} */ (cursor))) return [];
    if (!isPlace(cursor) || !isPlace(prev)) return [this.#reconnect("it was no message")];
    if (this.cursor !== null && prev !== this.cursor) {
      if (++this.#gaps >= GAPS_BEFORE_ANEW) {
        this.#gaps = 0;
        this.after = null;
      }
      return [this.#reconnect("a change is missing")];
    }
    this.#advance(cursor);
    this.ended = message.type === "coverage.ended";
    return [{ type: "deliver", message }];
  }

  /** @param {string} cursor */
  #advance(cursor) {
    this.cursor = this.after = cursor;
    this.#gaps = 0;
    this.#seen.add(cursor);
    // A Set keeps the order in which things came.
    if (this.#seen.size > REMEMBERED) this.#seen.delete(/** @type {string} */ (this.#seen.values().next().value));
  }

  /**
   * @param {string} why
   * @param {number} [floor]
   * @param {boolean} [renewToken]
   * @returns {Action}
   */
  #reconnect(why, floor = 0, renewToken = false) {
    const delay = backoff(this.#attempts++, this.#random(), floor);
    this.#moveAt = Infinity;
    this.#error = {};
    return { type: "reconnect", delay, floor, why, renewToken };
  }
}

/**
 * The message in a frame; null where it holds none.
 * @param {unknown} text
 */
export function parsed(text) {
  try {
    return typeof text === "string" ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isPlace(value) {
  return typeof value === "string" && !!value;
}

/**
 * Milliseconds from a close reason like `{"r":7400}`.
 * @param {string} reason
 */
function advice(reason) {
  try {
    return duration(JSON.parse(reason).r);
  } catch {
    return undefined;
  }
}

/**
 * A number that a server sent, as milliseconds that can be waited; undefined where it is none.
 * @param {unknown} value
 * @param {number} [unit]
 */
function duration(value, unit = 1) {
  if (typeof value !== "number" || !(value >= 0 && value < Infinity)) return undefined;
  return Math.min(value * unit, LONGEST_ADVICE);
}
