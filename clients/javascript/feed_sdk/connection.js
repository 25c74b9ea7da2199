// The connection of one session: links one after the other, two while it moves. Knows nothing of pages.

import { FeedError, refusal } from "./errors.js";
import { parsed, Session } from "./session.js";

/** @typedef {import("./shapes.js").Message} Message */
/** @typedef {import("./session.js").Action} Action */
/** @typedef {import("./shapes.js").State} State */
/** @typedef {import("./shapes.js").Transport} Transport */
/** @typedef {import("./shapes.js").ConnectionOptions} ConnectionOptions */
/** @typedef {import("./shapes.js").Listener} Listener */
/**
 * @typedef {object} Line a link and what is known of it
 * @property {Transport} way
 * @property {any} link
 * @property {boolean} greeted
 * @property {boolean} over
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

const SUBPROTOCOL = "feed.v1";
const FIRST_WORD = 10_000; // ms until hello must be there
const GATHER = 1_000; // ms after which what came is shown, even when more is on its way
const PATIENCE = 2; // links that said nothing, before another way is tried
const PATIENCE_AFTER_GOOD = 6; // the same for websockets where one has worked: then it is rather the server that is away
const ANEW = 600_000; // ms on another way after which a websocket is tried again
const ANEW_AFTER_GOOD = 60_000;

export class Connection {
  /** @type {State|""} */
  state = "";
  #options;
  #to;
  #api;
  #session;
  /** @type {Transport[]} */
  #ways;
  #way = 0;
  /** Links in a row that said nothing. */
  #mute = 0;
  /** Whether a websocket ever did. */
  #worked = false;
  /** @type {Line|null} */
  #line = null;
  /** The one that will replace it. @type {Line|null} */
  #next = null;
  /** @type {Message[]} */
  #gathered = [];
  #caughtUp = false;
  /** @type {string|null} */
  #delivered;
  /** The server asked not to be visited before. */
  #notBefore = 0;
  #final = false;
  /** Whether the application was asked for a token, and has not answered. */
  #renewing = false;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  #timers = {};

  /**
   * @param {ConnectionOptions} options
   * @param {Listener} to
   */
  constructor(options, to) {
    this.#options = options;
    this.#to = to;
    this.#api = addressOf(options.url, options.coverage);
    this.#session = new Session(options.after, options.random);
    this.#delivered = this.#session.cursor;
    this.#ways = options.transports ?? waysOf(options);
  }

  /** That of the last message that `messages` was given. */
  get cursor() {
    return this.#delivered;
  }

  /** How messages come at the moment. */
  get transport() {
    return this.#line?.way ?? this.#ways[this.#way];
  }

  start() {
    if (this.#line || this.#final) return;
    this.#tell("connecting");
    this.#line = this.#open(this.#way);
  }

  /** After a sleep, a change of network, a return to the foreground: is the other side still there? */
  probe() {
    if (this.#final) return;
    if (!this.#line) this.#again(Math.max(0, this.#notBefore - Date.now()));
    else if (this.#line.greeted) this.#do(this.#session.receiveWake(Date.now()));
  }

  /** Lets go of the network, as before a page is put aside by the browser. `probe` takes it up again. */
  suspend() {
    if (this.#final || !this.state) return;
    this.#letGo();
    this.#tell("reconnecting");
  }

  /** The network is gone, as far as the device knows. */
  lost() {
    this.#tell("offline");
  }

  /** Ends it for good. */
  close() {
    this.#finish("closed");
  }

  // Links

  /** @param {number} way @returns {Line} */
  #open(way) {
    const name = /** @type {Transport} */ (this.#ways[way]);
    /** @type {Line} */
    const line = { way: name, link: null, greeted: false, over: false };
    line.timer = setTimeout(() => this.#lose(line), FIRST_WORD);
    this.#connect(line).catch((error) => {
      if (error instanceof FeedError && !line.over) this.#finish("refused", error);
      else this.#lose(line);
    });
    return line;
  }

  /** @param {Line} line */
  async #connect(line) {
    const token = await this.#token();
    const links = line.way === "websocket" ? null : await import("./links.js");
    if (line.over) return;
    const cursor = this.#session.after;
    const { limit = 50, fetch = globalThis.fetch } = this.#options;
    if (links) {
      const Link = line.way === "sse" ? links.StreamLink : links.PollLink;
      line.link = new Link({ api: this.#api, cursor, limit, token, fetch });
    } else {
      const WebSocket = this.#options.WebSocket ?? globalThis.WebSocket;
      const after = cursor ? `&after=${encodeURIComponent(cursor)}` : "";
      line.link = new WebSocket(`${this.#api.replace(/^http/, "ws")}/live?limit=${limit}${after}`, SUBPROTOCOL);
      // In the address it would end up in logs.
      if (token) line.link.onopen = () => line.link.send(JSON.stringify({ type: "auth", token }));
    }
    line.link.onmessage = (/** @type {{data: unknown}} */ { data }) => this.#receive(line, data);
    line.link.onclose = (/** @type {{code?: number, reason?: string}} */ { code, reason }) =>
      this.#lose(line, code, reason);
    line.link.onerror = () => {}; // a close follows
  }

  /** From now on nothing that this link says counts. @param {Line|null} line */
  #drop(line) {
    if (!line) return;
    line.over = true;
    clearTimeout(line.timer);
    line.link?.close(1000);
  }

  async #token() {
    const { token } = this.#options;
    return typeof token === "function" ? token() : token;
  }

  /** On a connection that is open; with a fixed token the server will say when it no longer takes it. */
  async #renew(/** @type {any} */ line) {
    if (this.#renewing || typeof this.#options.token !== "function") return;
    this.#renewing = true;
    try {
      const token = await this.#token();
      if (!line.over) line.link.send(JSON.stringify({ type: "auth", token }));
    } catch {} // no token, or nobody to tell: the server will ask again
    this.#renewing = false;
  }

  // What happens on them

  /**
   * @param {Line} line
   * @param {any} data text, or from a link of ours a message
   */
  #receive(line, data) {
    if (line.over) return;
    const now = Date.now();
    // A binary frame is no message, though a Blob has a `type`; links of our own give messages as they are.
    const message = typeof data === "string" ? parsed(data) : line.way === "websocket" ? null : data;
    if (!line.greeted) {
      if (line === this.#next && message?.type !== "hello") return;
      line.greeted = true;
      clearTimeout(line.timer);
      this.#mute = 0;
      this.#worked ||= line.way === "websocket";
      this.#session.receiveOpen(now);
      if (line === this.#next) this.#takeOver();
      if (this.#way > 0) this.#after("anew", this.#worked ? ANEW_AFTER_GOOD : ANEW, () => this.#upgrade());
    }
    this.#do(this.#session.receiveMessage(message, now));
    if (this.state === "offline" && this.#caughtUp) this.#tell("live");
  }

  /**
   * @param {Line} line
   * @param {number} [code]
   * @param {string} [reason]
   */
  #lose(line, code, reason) {
    if (line.over) return;
    this.#drop(line);
    if (line === this.#next) {
      this.#next = null;
      // What the first showed will not last either.
      if (code && code >= 4100 && code <= 4199) this.#renew(this.#line);
      if (line.way === this.#ways[this.#way]) this.#session.receiveMoveFailure(Date.now());
      else this.#after("anew", ANEW, () => this.#upgrade());
      this.#watch();
      return;
    }
    // What was closed with a reason was reached.
    if (!line.greeted && !(code && code > 1006)) this.#judge(line);
    this.#do([this.#session.receiveClose(code, reason)]);
  }

  /** A link that never said a word may be of a kind that cannot pass here. @param {Line} line */
  #judge(line) {
    if (!this.#isOnline()) return;
    if (++this.#mute < (line.way === "websocket" && this.#worked ? PATIENCE_AFTER_GOOD : PATIENCE)) return;
    this.#mute = 0;
    if (this.#way < this.#ways.length - 1) this.#session.receiveOtherWay();
    this.#way = (this.#way + 1) % this.#ways.length; // and round again: it may have been the server
  }

  /** Where another way has served for a while, the first is tried again beside it: the reader may be elsewhere by now. */
  #upgrade() {
    if (this.#way > 0 && this.#line?.greeted && !this.#next) this.#next = this.#open(0);
  }

  /** The second link has greeted. */
  #takeOver() {
    this.#drop(this.#line);
    this.#line = this.#next;
    this.#next = null;
    this.#way = this.#ways.indexOf(/** @type {Line} */ (this.#line).way);
    if (this.#way === 0) this.#cancel("anew");
  }

  /** @param {Action[]} actions */
  #do(actions) {
    for (const action of actions) {
      if (action.type === "deliver") this.#take(action.message);
      else if (action.type === "send") this.#line?.link?.send(JSON.stringify(action.message));
      else if (action.type === "renewToken") this.#renew(this.#line);
      else if (action.type === "move") this.#next ??= this.#open(this.#way);
      else if (action.type === "reconnect") this.#reconnect(action);
      else if (action.error) this.#finish("refused", action.error);
      else this.#finish("ended");
    }
    this.#watch();
  }

  /** @param {Extract<Action, {type: "reconnect"}>} action */
  #reconnect({ delay, floor, why, renewToken }) {
    if (renewToken && typeof this.#options.token === "string") {
      this.#finish("refused", refusal(4101));
      return;
    }
    this.#drop(this.#line);
    this.#line = this.#next;
    this.#next = null;
    this.#caughtUp = false;
    this.#cancel("anew");
    this.#flush();
    this.#tell(this.#isOnline() ? "reconnecting" : "offline", { delay: this.#line ? 0 : delay, why });
    if (this.#line && renewToken) this.#renew(this.#line);
    if (this.#line || this.#final) return; // on its way already, or closed by whoever was told
    this.#notBefore = Date.now() + floor;
    this.#again(delay);
  }

  /** @param {number} delay */
  #again(delay) {
    this.#after("again", delay, () => {
      this.#line = this.#open(this.#way);
    });
  }

  /** The session is told when its time has come. */
  #watch() {
    // What was due on the connection before is nothing to say on one that is still being made.
    if (this.#final || !this.#line?.greeted) return this.#cancel("watch");
    this.#after("watch", Math.max(0, this.#session.deadline - Date.now()), () =>
      this.#do(this.#session.receiveTimer(Date.now())),
    );
  }

  // To the listener

  /** @param {Message} message */
  #take(message) {
    const { type, cursor } = message;
    if (type === "error") {
      if (this.state === "live") this.#tell("delayed");
      return;
    }
    this.#gathered.push(message);
    if (type === "hello") this.#caughtUp = false;
    if (type === "live") this.#caughtUp = true;
    // A page that catches up changes one time, not a hundred times.
    if (this.#caughtUp || this.#session.ended) this.#flush();
    else if (!("gather" in this.#timers)) this.#after("gather", GATHER, () => this.#flush());
    if ((type === "live" || (this.state === "delayed" && cursor)) && this.#line) this.#tell("live");
  }

  #flush() {
    this.#cancel("gather");
    const messages = this.#gathered;
    if (messages.length === 0) return;
    this.#gathered = [];
    for (const { type, cursor } of messages) if (cursor && type !== "hello") this.#delivered = cursor;
    this.#call(() => this.#to.messages(messages));
  }

  /**
   * @param {State} state
   * @param {FeedError | {delay: number, why: string}} [detail]
   */
  #tell(state, detail) {
    if (this.#final || (state === this.state && !detail)) return;
    this.#change(state, detail);
  }

  /**
   * @param {State} state
   * @param {FeedError | {delay: number, why: string}} [detail]
   */
  #change(state, detail) {
    this.state = state;
    this.#call(() => this.#to.state?.(state, detail));
  }

  /** A listener's fault is its own, and reported as one. @param {() => void} act */
  #call(act) {
    try {
      act();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /**
   * @param {State} state
   * @param {FeedError} [error]
   */
  #finish(state, error) {
    if (this.#final) return;
    this.#final = true;
    this.#letGo();
    this.#change(state, error);
  }

  #letGo() {
    this.#flush();
    this.#drop(this.#line);
    this.#drop(this.#next);
    this.#line = this.#next = null;
    this.#caughtUp = false;
    for (const name of Object.keys(this.#timers)) this.#cancel(name);
  }

  #isOnline() {
    return this.#options.isOnline ? this.#options.isOnline() : globalThis.navigator?.onLine !== false;
  }

  /**
   * @param {string} name
   * @param {number} delay
   * @param {() => void} act
   */
  #after(name, delay, act) {
    this.#cancel(name);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      act();
    }, delay);
  }

  /** @param {string} name */
  #cancel(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}

/**
 * @param {string} url
 * @param {string} coverage
 */
export function addressOf(url, coverage) {
  const base = /^\/?$|^\/[^/]/.test(url) ? `${globalThis.location?.origin}${url}` : url;
  if (!/^(http|ws)s?:\/\/[^/]/.test(base)) {
    throw new TypeError(`"${url}" is no address of a server, like https://live.example`);
  }
  return `${base.replace(/^ws/, "http").replace(/\/+$/, "")}/v1/coverages/${encodeURIComponent(coverage)}`;
}

/**
 * @param {ConnectionOptions} options
 * @returns {Transport[]}
 */
function waysOf({ WebSocket = globalThis.WebSocket, fetch }) {
  // React Native's fetch has no streams; one that was handed in is trusted to have.
  const streams = fetch || (globalThis.Response && "body" in Response.prototype);
  return [...(WebSocket ? ["websocket"] : []), ...(streams ? ["sse"] : []), "poll"].map(
    (way) => /** @type {Transport} */ (way),
  );
}
