// What carries the messages where a websocket cannot connect: server-sent events, and where those are held back by
// something on the way, polling. Both behave as a WebSocket does, as far as the connection asks; same cursor, same log.

const HELD = 20; // seconds that the server may hold a poll's answer back
const HEARTBEAT = 25; // seconds: a little more than that, and than the stream's own sign of life

class Link {
  readyState = WebSocket.OPEN;
  #gone = new AbortController();

  /** @param {string} api address of the coverage  @param {string} cursor  empty: a snapshot comes first */
  constructor(api, cursor) {
    this.api = api;
    this.cursor = cursor;
    // The one who opened it sets its handlers first.
    queueMicrotask(() => this.run().catch(() => this.end(1006)));
  }

  /** Only a ping is ever said; the log itself answers, so that a dead stream cannot hide what happened. */
  async send() {
    try {
      if (this.cursor) await this.changes(0);
    } catch {
      // Without an answer the connection knows what to do.
    }
  }

  close() {
    this.readyState = WebSocket.CLOSED;
    this.#gone.abort();
  }

  end(code) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.close();
    this.onclose?.({ code, reason: "" });
  }

  say(message) {
    if (this.readyState === WebSocket.CLOSED) return;
    if (message.cursor && message.type !== "hello") this.cursor = message.cursor;
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  hello() {
    this.say({ type: "hello", v: 1, heartbeat: HEARTBEAT });
  }

  /** @returns {Promise<Response|null>} null: it was refused, and this link has ended */
  async get(path) {
    const answer = await fetch(this.api + path, { signal: this.#gone.signal, cache: "no-store" });
    if (answer.status === 404 || answer.status === 403) this.end(4000 + (answer.status % 100));
    else if (!answer.ok && answer.status !== 410) this.end(1013);
    else return answer;
    return null;
  }

  /** What happened since the cursor. Returns whether there is more to ask for. */
  async changes(wait) {
    const answer = await this.get(`/entries?after=${encodeURIComponent(this.cursor)}&wait=${wait}&limit=200`);
    if (!answer) return false;
    if (answer.status === 410) return this.snapshot();
    const { events, up_to_date: complete, ended } = await answer.json();
    for (const event of events) this.say(event);
    if (ended && complete) this.end(1000);
    else this.say({ type: complete ? "live" : "pong" });
    return true;
  }

  /** The head is asked for after the entries: a change of it between the two is then shown twice, and never missed. */
  async snapshot() {
    const entries = await (await this.get("/entries"))?.json();
    const coverage = entries && (await (await this.get(""))?.json());
    if (!coverage) return false;
    this.say({ type: "snapshot", coverage, ...entries });
    return true;
  }
}

/** GET …/events. Read by hand: an EventSource hides the status, and the comments that show it is alive. */
export class StreamLink extends Link {
  async run() {
    const answer = await this.get(`/events?after=${encodeURIComponent(this.cursor)}`);
    if (!answer) return;
    if (answer.status === 204) {
      this.end(1000);
      return;
    }
    const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await lines.read();
      if (done) break;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) this.#event(part);
    }
    this.end(1006);
  }

  #event(text) {
    const data = text.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
    this.say(data ? { ...JSON.parse(data), heartbeat: HEARTBEAT } : { type: "pong" });
  }
}

/** GET …/entries?after=…&wait=20, again and again. */
export class PollLink extends Link {
  async run() {
    this.hello();
    if (!this.cursor && !(await this.snapshot())) return;
    while (this.readyState === WebSocket.OPEN && (await this.changes(HELD)));
  }
}
