// A server that does what a test tells it, for what a real one does too seldom: refuse, vanish, move, fall silent.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {Record<string, unknown>} Fields */

// A test may have the clock of what it tests in its hands; the waiting here is real.
const { setTimeout: later, clearTimeout: cancel } = globalThis;

/**
 * Time in the hands of the test: timers fire, and `Date.now` goes on, only when it says so. (Those of node:test mistake
 * timers of one test for those of the next.)
 */
export class Clock {
  #now = Date.now();
  /** @type {Set<{at: number, act: () => void}>} */
  #timers = new Set();

  /**
   * @param {TestContext} t
   * @param {{date?: boolean}} [of] false: `Date.now` stays the real one, so that no silence seems long
   */
  constructor(t, { date = true } = {}) {
    const { Date: real, setTimeout, clearTimeout } = globalThis;
    const realNow = real.now;
    if (date) real.now = () => this.#now;
    Object.assign(globalThis, {
      setTimeout: (/** @type {() => void} */ act, delay = 0) => {
        const timer = {
          at: this.#now + delay,
          act,
          ref: () => timer,
          unref: () => timer,
          // Node's own fetch does so.
          refresh: () => {
            timer.at = this.#now + delay;
            this.#timers.add(timer);
            return timer;
          },
        };
        return timer.refresh();
      },
      clearTimeout: (/** @type {any} */ timer) => {
        if (!this.#timers.delete(timer)) clearTimeout(timer);
      },
    });
    t.after(() => {
      real.now = realNow;
      Object.assign(globalThis, { setTimeout, clearTimeout });
    });
  }

  /** @param {number} by milliseconds */
  tick(by) {
    const until = this.#now + by;
    for (;;) {
      const [due] = [...this.#timers].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at);
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.act();
    }
    this.#now = until;
  }
}

/**
 * The condition's value, once it is true.
 * @template Value
 * @param {() => Value} condition
 * @param {string} [what]
 * @returns {Promise<Value>}
 */
export async function until(condition, what = String(condition)) {
  for (const deadline = performance.now() + 60_000; ; ) {
    const value = condition();
    if (value) return value;
    assert.ok(performance.now() < deadline, `this did not come true: ${what}`);
    await new Promise((resolve) => later(resolve, 3));
  }
}

/** One connection or request, as the script sees it. */
export class Visit {
  /** @type {any[]} */
  heard = [];
  hasLeft = false;
  /** @type {(fields: Fields) => void} */
  #write;
  /** @type {(code: number, reason: string) => void} */
  #close;
  /** @type {() => void} */
  #vanish;

  /**
   * @param {"websocket"|"events"|"http"} kind
   * @param {number} number among those of its server
   * @param {import("node:http").IncomingMessage} request
   * @param {{write: (fields: Fields) => void, close: (code: number, reason: string) => void, vanish: () => void}} to
   */
  constructor(kind, number, request, to) {
    const url = new URL(request.url ?? "", "http://x");
    this.kind = kind;
    this.number = number;
    this.method = request.method;
    this.headers = request.headers;
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.body = "";
    this.#write = to.write;
    this.#close = to.close;
    this.#vanish = to.vanish;
  }

  /** On HTTP: the status, and headers beside the document. */
  answer(
    /** @type {number} */ status,
    /** @type {any} */ document = null,
    /** @type {Record<string, string>} */ headers = {},
  ) {
    this.#write({ status, document, headers });
  }

  say(/** @type {string} */ type, /** @type {Fields} */ fields = {}) {
    this.#write({ type, ...fields });
  }

  greet(mode = "snapshot", cursor = "0-0") {
    this.say("hello", { v: 1, coverage: "c", mode, heartbeat: 20 });
    if (mode !== "resumed")
      this.say("snapshot", { coverage: { id: "c", title: "C", revision: 1 }, entries: [], cursor });
  }

  change(/** @type {number} */ prev, /** @type {number} */ cursor, type = "entry.published") {
    this.say(type, changeOf(prev, cursor));
  }

  end(/** @type {number} */ prev, /** @type {number} */ cursor) {
    const coverage = { id: "c", title: "C", status: "ended", revision: 2 };
    this.say("coverage.ended", { cursor: `${cursor}-0`, prev: `${prev}-0`, coverage });
    this.close(1000);
  }

  /** Text that is no message. */
  babble(/** @type {string} */ text) {
    this.#write({ text });
  }

  close(/** @type {number} */ code, reason = "") {
    this.#close(code, reason);
  }

  vanish() {
    this.#vanish();
  }

  async left() {
    await until(() => this.hasLeft, "the client left");
  }
}

export function changeOf(/** @type {number} */ prev, /** @type {number} */ cursor) {
  const at = `2026-11-23T09:00:00.${String(cursor).padStart(3, "0")}Z`;
  const entry = { id: `e${cursor}`, revision: 1, status: "published", blocks: [], display_at: at };
  return { cursor: `${cursor}-0`, prev: `${prev}-0`, at, entry };
}

/**
 * Runs `script` for each connection and request; `vanish` at once refuses it.
 * @param {TestContext} t
 * @param {(visit: Visit) => unknown} script
 */
export async function liveServer(t, script) {
  /** @type {Visit[]} */
  const visits = [];
  /** @type {unknown[]} */
  const faults = [];
  const begin = async (/** @type {Visit} */ visit) => {
    visits.push(visit);
    try {
      await script(visit);
    } catch (fault) {
      faults.push(fault);
      visit.vanish();
    }
  };
  const http = createServer(async (request, response) => {
    const isStream = request.url?.includes("/events");
    const visit = new Visit(isStream ? "events" : "http", visits.length, request, {
      write: ({ status, document, headers, text, ...message }) => {
        if (status) {
          response.writeHead(Number(status), { "Content-Type": "application/json", ...Object(headers) });
          response.end(Number(status) === 204 ? undefined : JSON.stringify(document));
          return;
        }
        if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
        response.write(text ?? `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
      },
      close: () => response.end(),
      vanish: () => request.socket.destroy(),
    });
    response.on("close", () => {
      visit.hasLeft = true;
    });
    for await (const part of request) visit.body += part;
    await begin(visit);
  });
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, raw, head) => {
    let isRefused = false;
    const visit = new Visit("websocket", visits.length, request, {
      write: ({ text, ...message }) => socket?.send(String(text ?? JSON.stringify(message))),
      close: (code, reason) => socket?.close(code, reason),
      vanish: () => {
        isRefused = true;
        raw.destroy();
      },
    });
    /** @type {import("ws").WebSocket|undefined} */
    let socket;
    // A script that refuses does so before the handshake.
    if (script.name === "refuseWebsockets") visit.vanish();
    if (isRefused) {
      visits.push(visit);
      return;
    }
    sockets.handleUpgrade(request, raw, head, (opened) => {
      socket = opened;
      opened.on("message", (data) => visit.heard.push(JSON.parse(String(data))));
      opened.on("close", () => {
        visit.hasLeft = true;
      });
      begin(visit);
    });
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", () => resolve(null)));
  t.after(async () => {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    assert.deepEqual(faults, []);
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (http.address());
  return { url: `http://127.0.0.1:${port}`, visits };
}

/** Fails rather than to wait for ever. */
export async function within(/** @type {Promise<any>} */ outcome, what = "this") {
  /** @type {any} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = later(() => reject(new Error(`${what} took longer than 60 s`)), 60_000);
  });
  return Promise.race([outcome, late]).finally(() => cancel(timer));
}
