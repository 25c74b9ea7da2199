// What carries the messages where a websocket cannot connect: server-sent events, and where those are held back by
// something on the way, polling. Both behave as a WebSocket does, as far as the connection asks; same cursor, same log.

/** @typedef {import("./shapes.js").Message} Message */
/**
 * @typedef {object} Place
 * @property {string} api address of the coverage
 * @property {string|null} cursor null: a snapshot comes first
 * @property {number} limit entries in a snapshot
 * @property {string} [token]
 * @property {typeof globalThis.fetch} fetch
 */

const HELD = 20; // seconds that the server may hold a poll's answer back
const BETWEEN_EMPTY = 1000; // ms from one question to the next, where nothing came
const ANSWERED = HELD + 15; // within so many seconds a question is
const HEARTBEAT = 25; // seconds: a little more than that, and than the stream's own sign of life

/** @type {Record<number, number>} */
const CLOSE_CODES = { 400: 4001, 401: 4003, 403: 4003, 404: 4004, 426: 4009 };

class Link {
  /** @type {((event: {data: any}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number, reason: string}) => void) | null} */
  onclose = null;
  #place;
  #over = false;
  #greeted = false;
  /** Whether nothing newer was waiting when it was last asked. */
  isLive = false;
  heartbeat = HEARTBEAT;
  #gone = new AbortController();

  /** @param {Place} place */
  constructor(place) {
    this.#place = { ...place };
    // The one who opened it sets its handlers first.
    queueMicrotask(() => this.run().catch(() => this.end(1006)));
  }

  async run() {}

  get isOpen() {
    return !this.#over;
  }

  get after() {
    return this.#place.cursor ? `&after=${encodeURIComponent(this.#place.cursor)}` : "";
  }

  get cursor() {
    return this.#place.cursor;
  }

  get limit() {
    return this.#place.limit;
  }

  /**
   * A ping: the log itself answers, so that a stream that is dead cannot hide what happened.
   * @param {string} text
   */
  async send(text) {
    if (JSON.parse(text).type !== "ping" || !this.#greeted || !this.after) return;
    // Without an answer the session knows what to do.
    await this.changes(0).catch(() => {});
  }

  close() {
    this.#over = true;
    this.#gone.abort();
  }

  /**
   * @param {number} code as a websocket would have been closed with
   * @param {string} [reason]
   */
  end(code, reason = "") {
    if (this.#over) return;
    this.close();
    this.onclose?.({ code, reason });
  }

  /** @param {Message} message */
  say(message) {
    if (this.#over) return;
    if (message.type === "hello") {
      this.#greeted = true;
      message = { ...message, heartbeat: this.heartbeat };
      this.isLive = false;
    } else if (message.cursor) this.#place.cursor = message.cursor;
    if (message.type === "live") this.isLive = true;
    this.onmessage?.({ data: message });
  }

  /**
   * @param {string} path
   * @returns {Promise<Response|null>} null: it was refused, and this link has ended
   */
  async get(path) {
    const { api, token, fetch } = this.#place;
    /** @type {Record<string, string>} */
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(api + path, { headers, signal: this.#gone.signal, cache: "no-store" });
    if (answer.ok || answer.status === 410) return answer;
    const problem = await answer.json().catch(() => null);
    // A 403 of something on the way is no word of the server's.
    const code = problem?.code && CLOSE_CODES[answer.status];
    if (problem?.code) this.say({ ...problem, type: "error" });
    const wait = problem?.retry_after_ms ?? Number(answer.headers.get("Retry-After")) * 1000;
    // What is no problem of ours was said by something on the way, which may let another kind of link pass.
    const lost = problem?.code ? 1013 : 1006;
    this.end(problem?.code === "token_expired" ? 4101 : code || lost, wait > 0 ? `{"r":${wait}}` : "");
    return null;
  }

  /**
   * What happened since the cursor. Returns whether there is more to ask for.
   * @param {number} wait seconds
   */
  async changes(wait) {
    const answer = await this.get(`/entries?limit=200&wait=${wait}${this.after}`);
    if (!answer) return false;
    if (answer.status === 410) return this.snapshot((await answer.json()).reason);
    const { events, up_to_date: complete, ended } = await answer.json();
    if (!this.#greeted) this.say({ type: "hello", mode: "resumed" });
    for (const event of events) this.say(event);
    if (ended && complete) this.end(1000);
    else this.say({ type: complete ? "live" : "pong" });
    return true;
  }

  /**
   * The head is asked for after the entries: a change of it between the two is then told twice, and never missed.
   * @param {string} [reason] why the log could not be resumed from
   */
  async snapshot(reason) {
    const entries = await (await this.get(`/entries?limit=${this.limit}`))?.json();
    const coverage = entries && (await (await this.get(""))?.json());
    if (!coverage) return false;
    this.say({ type: "hello", mode: reason ? "reset" : "snapshot", reason });
    this.say({ type: "snapshot", coverage, ...entries });
    return true;
  }
}

/** `GET …/events`, read by hand: an EventSource hides the status and the signs of life, and sends no token. */
export class StreamLink extends Link {
  #heardAt = Date.now();
  #advice = "";

  /** @override */
  async run() {
    const answer = await this.get(`/events?limit=${this.limit}${this.after}`);
    if (!answer) return;
    if (answer.status === 204) {
      this.end(1000);
      return;
    }
    if (!answer.body || !answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      this.end(1006);
      return;
    }
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      this.#heardAt = Date.now();
      const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.#receive(part);
    }
    // After the end of the coverage too: why the stream is over is said by the answer to the next request.
    this.end(1006, this.#advice);
  }

  /**
   * @override
   * @param {string} text
   */
  async send(text) {
    const isDead = Date.now() - this.#heardAt > HEARTBEAT * 1000;
    await super.send(text);
    if (isDead) this.end(1006);
  }

  /** @param {string} event */
  #receive(event) {
    let data = "";
    let retry = 0;
    for (const line of event.split("\n")) {
      if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith("retry: ")) retry = Number(line.slice(7));
    }
    // The first is how an EventSource is set up; advice is what nothing follows.
    if (data) this.#advice = "";
    else if (retry) this.#advice = `{"r":${retry}}`;
    if (data || !retry) this.say(data ? JSON.parse(data) : { type: "pong" });
  }
}

/** `GET …/entries?after=…&wait=20`, again and again. */
export class PollLink extends Link {
  /** @override */
  heartbeat = ANSWERED;
  #asked = 0;

  /**
   * @override
   * @param {string} text
   */
  async send(text) {
    if (Date.now() - this.#asked > HELD * 1000) this.end(1006);
    else await super.send(text);
  }

  /** @override */
  async run() {
    if (!this.after && !(await this.snapshot())) return;
    while (this.isOpen) {
      const wait = this.isLive ? HELD : 0;
      this.#asked = Date.now();
      const { cursor } = this;
      if (!(await this.changes(wait))) return;
      // Something on the way may answer at once where the server would have held the answer back.
      const early = this.#asked + BETWEEN_EMPTY - Date.now();
      if (wait && cursor === this.cursor && early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    }
  }
}
