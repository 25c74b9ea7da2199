// The JavaScript client, for the runner: `follow` as applications call it, with the runner's clock, chance and network in
// the place of the machine's.

import { createInterface } from "node:readline";
import { refusal } from "../../javascript/feed_sdk/errors.js";
import { follow } from "../../javascript/feed_sdk/index.js";
import "../../javascript/feed_sdk/links.js"; // loaded by the client when it is needed, which takes the machine's time

const settled = () => new Promise((resolve) => setImmediate(resolve));
const NAMES = { websocket: "websocket", events: "sse", pages: "poll" };

/** Timers by the runner's clock. Of all clients: the one that is spoken to is `clock.of`. */
const clock = {
  now: 0,
  random: 0.5,
  of: /** @type {Client|null} */ (null),
  next: 1,
  timers: new Map(),
  due(client) {
    return [...this.timers.values()].filter(({ of }) => of === client).sort((one, other) => one.at - other.at)[0];
  },
};
globalThis.setTimeout = (act, delay = 0) => {
  clock.timers.set(clock.next, { id: clock.next, at: clock.now + delay, act, of: clock.of });
  return clock.next++;
};
globalThis.clearTimeout = (id) => clock.timers.delete(id);
Date.now = () => clock.now;
Math.random = () => clock.random;

/** A websocket as browsers have it; the runner is its other side. */
class Socket {
  constructor(client, url) {
    this.client = client;
    this.number = client.connect(this, new URL(url).searchParams.get("after"));
  }
  opened() {
    this.onopen?.({});
  }
  message({ text, binary }) {
    this.onmessage?.({ data: binary === undefined ? text : new Blob([Buffer.from(binary, "base64")]) });
  }
  refused() {
    this.closed({ code: null, reason: "" });
  }
  closed({ code, reason }) {
    this.onclose?.({ code: code ?? 1006, reason });
  }
  send(text) {
    this.client.do("send", { connection: this.number, message: JSON.parse(text) });
  }
  close() {
    this.client.do("close", { connection: this.number });
  }
}

/** One request; the runner is the server. */
class Request {
  constructor(client, url, { signal }) {
    // The head is asked for after the page; the runner answers both at once.
    if (!url.includes("?")) {
      this.answer = Promise.resolve(Response.json(client.head));
      return;
    }
    this.client = client;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.number = client.connect(this, new URL(url).searchParams.get("after"));
    signal?.addEventListener("abort", () => {
      client.do("close", { connection: this.number });
      this.reject(signal.reason);
      this.write?.error(signal.reason);
    });
  }
  opened() {
    const body = new ReadableStream({ start: (controller) => (this.write = controller) });
    this.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } }));
    this.say("retry: 1000\n\n");
  }
  say(text) {
    this.write.enqueue(new TextEncoder().encode(text));
  }
  event({ event, id, data }) {
    this.say(`event: ${event}\n${id === null ? "" : `id: ${id}\n`}data: ${data}\n\n`);
  }
  retry({ ms }) {
    this.say(`retry: ${ms}\n\n`);
  }
  page({ body }) {
    this.client.head = body.coverage;
    this.resolve(Response.json(body));
  }
  refused({ status, retry_after, problem }) {
    const headers = retry_after === null ? {} : { "Retry-After": String(retry_after) };
    this.resolve(new Response(problem === null ? null : JSON.stringify(problem), { status, headers }));
  }
  closed() {
    if (this.write) this.write.close();
    else this.reject(new TypeError("fetch failed"));
  }
}

class Client {
  did = [];
  connections = [];
  /** Who waits for a token. */
  waiting = [];

  start({ transport, coverage, limit, after, page, token }) {
    const client = this;
    this.transport = transport;
    this.token = token;
    this.following = follow("http://feed.example", coverage, {
      after,
      limit,
      snapshot: page ? { type: "snapshot", cursor: after, ...page } : undefined,
      token: token ? () => this.newestToken() : undefined,
      transports: [NAMES[transport]],
      WebSocket: class extends Socket {
        constructor(url) {
          super(client, url);
        }
      },
      fetch: (url, options = {}) => new Request(client, url, options).answer,
    });
    this.following.on("message", ({ type, cursor }) => {
      if (cursor && type !== "hello") this.do("deliver", { type, cursor });
    });
    this.following.on("state", (state) => {
      if (state === "ended") this.do("stop", { error: null });
      if (state === "refused") this.do("stop", { error: this.following.error.closeCode ?? this.following.error.status });
    });
  }

  do(what, said) {
    this.did.push({ [what]: said });
  }

  connect(connection, after) {
    this.connections.push(connection);
    this.do("connect", { connection: this.connections.length, transport: this.transport, after });
    return this.connections.length;
  }

  /** The first is known; from then on the application is asked each time. */
  newestToken() {
    const { token } = this;
    this.token = null;
    if (token) return token;
    this.do("renew", {});
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  take(request) {
    const connection = this.connections[request.connection - 1];
    if (connection) connection[request.do](request);
    else if (request.do === "wake") this.following.probe();
    else if (request.do === "token") {
      const waiting = this.waiting.splice(0);
      for (const { resolve, reject } of waiting) request.token ? resolve(request.token) : reject(refusal(4101));
    } else if (request.do === "tick") {
      for (let due = clock.due(this); due && due.at <= clock.now; due = clock.due(this)) {
        clock.timers.delete(due.id);
        due.act();
      }
    }
  }

  said() {
    const did = this.did.splice(0);
    const { entries, coverage, successor } = this.following.timeline;
    return {
      did,
      shows: {
        entries: entries.map(({ id, revision, status }) => [id, revision, status]),
        title: coverage?.title ?? null,
        status: coverage?.status ?? null,
        pin: coverage?.pin ?? null,
        successor,
      },
      keeps: this.following.cursor,
      wakes: clock.due(this) ? clock.due(this).at / 1000 : null,
    };
  }
}

const clients = new Map();

async function answer(request) {
  if (request.do === "hello") return { name: "feed-live-client (JavaScript)", transports: ["websocket", "events", "pages"] };
  if (request.do === "reset") {
    for (const client of clients.values()) client.following.close();
    await settled();
    clients.clear();
    clock.timers.clear();
    return {};
  }
  clock.now = request.now * 1000;
  clock.random = request.random;
  clock.of = clients.get(request.client) ?? null;
  if (request.do === "start") {
    clock.of = new Client();
    clients.set(request.client, clock.of);
    clock.of.start(request);
  } else clock.of.take(request);
  for (let turn = 0; turn < 6; turn++) await settled();
  return clock.of.said();
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
