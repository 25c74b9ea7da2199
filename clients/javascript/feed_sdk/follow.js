// Following a coverage: the timeline, kept right over whatever happens to the network.

import { addressOf, Connection } from "./connection.js";
import { FeedError, problemOf } from "./errors.js";
import { pageLifecycle } from "./lifecycle.js";
import { Keeper } from "./storage.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./shapes.js").Message} Message */
/** @typedef {import("./shapes.js").Page} Page */
/** @typedef {import("./shapes.js").State} State */
/**
 * @typedef {object} More
 * @property {Message} [snapshot] what the page was made from, or what `timeline.asSnapshot()` gave
 * @property {Timeline} [timeline] one to go on with
 * @property {import("./storage.js").Storage} [storage] keeps timeline and cursor between visits; it is the caller's choice
 *   whether a private coverage may lie there
 * @property {import("./lifecycle.js").Lifecycle} [lifecycle] a browser's page where there is one; see `appLifecycle`
 * @property {AbortSignal} [signal] closes
 * @typedef {Omit<import("./shapes.js").ConnectionOptions, "url" | "coverage"> & More} FollowOptions
 */
/**
 * The events of `on` and `addEventListener`, and what their listeners are given (as `detail` in the latter).
 *
 * | event | detail | when |
 * | --- | --- | --- |
 * | `message` | Message | each, once and in the order of the log |
 * | `messages` | Message[] | the same, what is caught up with at once |
 * | `change` | Timeline | the timeline is another, after a batch |
 * | `state` | State | the connection is live, reconnecting … |
 * | `audience` | number | of readers, where the server counts them |
 * | `error` | FeedError | it was refused; nothing follows |
 *
 * @typedef {object} Events
 * @property {Message} message
 * @property {Message[]} messages
 * @property {Timeline} change
 * @property {State} state
 * @property {number} audience
 * @property {FeedError} error
 */

/**
 * Follows a coverage until it has ended, over lost connections and restarts.
 *
 *     const coverage = follow("https://live.example", "budget-2026");
 *     coverage.on("change", ({ entries }) => draw(entries));
 *
 *     for await (const message of coverage) console.log(message.type);
 *
 * @param {string} url the server's address; empty: where this page is from
 * @param {string} coverage its id
 * @param {FollowOptions} [options]
 * @returns {Following}
 */
export function follow(url, coverage, options = {}) {
  return new Following(url, coverage, options);
}

/** What `follow` gives: state, events, and an async iterable of messages. Iterating throws where it was refused. */
export class Following {
  /** @type {Timeline} */
  timeline;
  /** Why it was refused. @type {FeedError|null} */
  error = null;
  /** Readers at the moment, where the server counts them. @type {number|null} */
  audience = null;
  #api;
  #options;
  /** @type {Connection} */
  #connection;
  /** @type {Keeper|null} */
  #keeper = null;
  #unlisten = () => {};
  /** By event, and by the function that was handed in. @type {Record<string, Map<unknown, (detail: any) => void>>} */
  #listeners = {};
  #isOver = false;

  /**
   * @param {string} url
   * @param {string} coverage
   * @param {FollowOptions} options
   */
  constructor(url, coverage, options) {
    this.#api = addressOf(url, coverage);
    this.#options = options;
    this.timeline = options.timeline ?? new Timeline();
    if (options.snapshot) this.timeline.apply(options.snapshot);
    this.#connection = this.#connect(options.after ?? this.timeline.cursor, url, coverage);
    options.signal?.addEventListener("abort", () => this.close());
    this.#begin(url, coverage);
  }

  /** That of the last message handed on: where another `follow` goes on with `after`. */
  get cursor() {
    return this.#connection.cursor;
  }

  get state() {
    return this.#connection.state || "connecting";
  }

  /** `websocket`, `sse` or `poll`. */
  get transport() {
    return this.#connection.transport;
  }

  /** After a sleep or a change of network: is the connection still there? A lifecycle calls this by itself. */
  probe() {
    this.#connection.probe();
  }

  /** Lets go of the network until `probe`. */
  suspend() {
    this.#connection.suspend();
    this.#keeper?.write();
  }

  /** The device has no network. */
  lost() {
    this.#connection.lost();
  }

  /** Ends it for good; the timeline stays as it is. */
  close() {
    this.#connection.close();
  }

  /**
   * @template {keyof Events} Type
   * @param {Type} type
   * @param {(detail: Events[Type]) => void} listener
   * @returns {() => void} takes the listener away
   */
  on(type, listener) {
    return this.#listen(type, listener, listener);
  }

  /**
   * @template {keyof Events} Type
   * @param {Type} type
   * @param {(event: {type: Type, detail: Events[Type]}) => void} listener
   */
  addEventListener(type, listener) {
    this.#listen(type, listener, (detail) => listener({ type, detail }));
  }

  /**
   * @param {keyof Events} type
   * @param {(event: any) => void} listener
   */
  removeEventListener(type, listener) {
    this.#listeners[type]?.delete(listener);
  }

  /**
   * Loads the page below into the timeline. Returns whether there was one. Throws a FeedError with `status`, or what
   * `fetch` throws.
   * @param {number} [limit]
   * @returns {Promise<boolean>}
   */
  async loadOlder(limit = 50) {
    const { next } = this.timeline;
    if (!next) return false;
    const { token: given, fetch = globalThis.fetch } = this.#options;
    const token = typeof given === "function" ? await given() : given;
    const answer = await fetch(`${this.#api}/entries?limit=${limit}&before=${encodeURIComponent(next)}`, {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
    });
    if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
    const page = /** @type {Page} */ (await answer.json());
    if (this.timeline.next !== next) return true; // a reset came between, or somebody else was faster
    this.timeline.addPage(page);
    this.#emit("change", this.timeline);
    return true;
  }

  /**
   * Messages from now on, until the coverage has ended or this is closed.
   * @returns {AsyncGenerator<Message, void, void>}
   */
  [Symbol.asyncIterator]() {
    /** @type {Message[]} */
    const queue = [];
    let wake = () => {};
    // Listening begins here, not with the first `next()`.
    const offs = [
      this.on("message", (message) => {
        queue.push(message);
        wake();
      }),
      this.on("state", () => wake()),
    ];
    return this.#messages(queue, (waiter) => (wake = waiter), offs);
  }

  /**
   * @param {Message[]} queue
   * @param {(waiter: () => void) => void} onWake
   * @param {(() => void)[]} offs
   * @returns {AsyncGenerator<Message, void, void>}
   */
  async *#messages(queue, onWake, offs) {
    try {
      for (;;) {
        const message = queue.shift();
        if (message) yield message;
        else if (this.error) throw this.error;
        else if (this.#isOver) return;
        else await /** @type {Promise<void>} */ (new Promise((resolve) => onWake(resolve)));
      }
    } finally {
      for (const off of offs) off();
    }
  }

  /**
   * @param {string} url
   * @param {string} coverage
   */
  async #begin(url, coverage) {
    const { storage, signal } = this.#options;
    if (storage) {
      this.#keeper = new Keeper(storage, `feed:${url}:${coverage}`, () => this.timeline.asSnapshot());
      const kept = this.cursor === null ? await this.#keeper.read() : null;
      if (kept && !this.#isOver) {
        this.timeline.apply(kept);
        this.#connection = this.#connect(kept.cursor ?? null, url, coverage);
        this.#emit("change", this.timeline);
      }
    }
    // Whoever follows sets listeners first.
    await null;
    if (signal?.aborted) this.close();
    if (this.#isOver) return;
    this.#connection.start();
    this.#unlisten = (this.#options.lifecycle ?? pageLifecycle)(this);
  }

  /**
   * @param {string|null} after
   * @param {string} url
   * @param {string} coverage
   */
  #connect(after, url, coverage) {
    return new Connection(
      { ...this.#options, url, coverage, after },
      {
        messages: (messages) => this.#receive(messages),
        state: (state, detail) => this.#change(state, detail),
      },
    );
  }

  /** @param {Message[]} messages */
  #receive(messages) {
    let changed = false;
    for (const message of messages) {
      changed = this.timeline.apply(message) || changed;
      if (message.type === "audience") this.audience = message.count ?? null;
    }
    this.#keeper?.change();
    this.#emit("messages", messages);
    for (const message of messages) {
      this.#emit("message", message);
      if (message.type === "audience") this.#emit("audience", this.audience);
    }
    if (changed) this.#emit("change", this.timeline);
  }

  /**
   * @param {State} state
   * @param {unknown} [detail]
   */
  #change(state, detail) {
    if (detail instanceof FeedError) this.error = detail;
    this.#isOver = state === "ended" || state === "refused" || state === "closed";
    if (this.#isOver) {
      this.#unlisten();
      this.#keeper?.write();
    }
    this.#emit("state", state);
    if (this.error) this.#emit("error", this.error);
  }

  /**
   * @param {keyof Events} type
   * @param {unknown} key
   * @param {(detail: any) => void} call
   */
  #listen(type, key, call) {
    this.#listeners[type] ??= new Map();
    this.#listeners[type].set(key, call);
    return () => this.removeEventListener(type, /** @type {any} */ (key));
  }

  /**
   * @param {keyof Events} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    for (const call of this.#listeners[type]?.values() ?? []) {
      try {
        call(detail);
      } catch (error) {
        // The others are told all the same; the environment reports this one.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
