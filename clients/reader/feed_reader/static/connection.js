// The live connection: one cursor, any number of sockets one after the other. Knows nothing of the page.

const SUBPROTOCOL = "feed.v1";
const FIRST_WORD = 10_000; // ms until hello must be there
const ANSWER = 5_000; // ms until pong must be there
const PROBE = 4_000; // the same after sleep, when a dead socket is likely
const FAREWELL = 5_000; // ms for the server to close after the end
const STEADY = 5_000; // ms of life after which a connection counts as a good one
const SHORTEST = 500;
const ANEW = 600_000; // ms after which a lost link of another kind is worth a websocket again
const PATIENCE = 2; // websockets that said nothing, before another way is tried
const PATIENCE_AFTER_GOOD = 6; // the same where one has worked: then it is rather the server that is away
const LONGEST = 20_000;

// Close codes (interface of the live endpoint): what they ask of a client.
const stops = (code) => code === 1000 || (code >= 4000 && code <= 4099);
const advises = (code) => code >= 4200 && code <= 4299;

/**
 * States: connecting, live, reconnecting, offline, ended, refused. The last two are final.
 * Messages: those of the protocol that change the page, each once and in the order of the log; `snapshot` too.
 */
export class Connection {
  #socket = null;
  #next = null; // the one that will replace it, in a move
  #attempts = 0;
  #floor = 0; // ms the server asked to wait at least
  #gaps = 0;
  #seen = new Set(); // cursors of late, so that two sockets in a move deliver everything once
  #timers = {};
  #isLive = false; // caught up
  #ended = false;
  #final = false;
  #catchingUp = []; // messages that wait for the others
  #way = 0; // 0: websocket, 1: server-sent events, 2: polling
  #mute = 0; // links in a row that said nothing
  #heard = false; // whether this one said something
  #opened = 0; // when it was opened
  #worked = false; // whether a websocket ever did
  #links = null; // the other ways; loaded when needed

  /**
   * @param {string} url  of the live endpoint, ws: or wss:
   * @param {string} cursor  the place up to which the page is right; empty: a snapshot is sent
   * @param {object} to  { messages(list), state(name, detail) }
   */
  constructor(url, cursor, to) {
    this.url = url;
    this.cursor = cursor;
    this.to = to;
    this.heartbeat = 20_000;
  }

  start() {
    this.#socket = this.#open();
    this.to.state("connecting");
  }

  /** After sleep, a change of network, a return to the tab: is the other side still there? */
  probe() {
    if (this.#final) return;
    if (this.#socket === null) this.#reconnect(0);
    else if (this.#socket.readyState === WebSocket.OPEN) this.#ping(PROBE);
  }

  /** Lets go of the network, as before the page is put aside by the browser. `probe` takes it up again. */
  suspend() {
    if (this.#final) return;
    this.#clear();
    this.#let(this.#socket);
    this.#let(this.#next);
    this.#socket = this.#next = null;
  }

  /** The network is gone, as far as the browser knows. */
  lost() {
    if (!this.#final) this.to.state("offline");
  }

  #open() {
    const socket = this.#link();
    this.#heard = false;
    this.#opened = Date.now();
    socket.onmessage = ({ data }) => this.#receive(socket, JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason);
    this.#after("hello", FIRST_WORD, () => this.#drop(socket));
    return socket;
  }

  #link() {
    const url = new URL(this.url);
    if (this.#way > 0 && this.#links) {
      const api = new URL(url.pathname.replace(/\/live$/, ""), url.href.replace(/^ws/, "http")).href;
      return new [this.#links.StreamLink, this.#links.PollLink][this.#way - 1](api, this.cursor);
    }
    if (this.cursor) url.searchParams.set("after", this.cursor);
    return new WebSocket(url, SUBPROTOCOL);
  }

  /** A link is gone. One that never said a word may be of a kind that cannot pass here. */
  async #judge() {
    if (this.#heard || !navigator.onLine) {
      this.#mute = 0;
      if (Date.now() - this.#opened > ANEW) this.#way = 0; // the reader may be elsewhere by now
      return;
    }
    if (++this.#mute < (this.#way === 0 && this.#worked ? PATIENCE_AFTER_GOOD : PATIENCE)) return;
    this.#mute = 0;
    this.#attempts = 0;
    this.#way = (this.#way + 1) % 3; // and round again: it may have been the server
    this.#links ??= await import("./links.js").catch(() => null);
  }

  #receive(socket, message) {
    this.#heard = true;
    this.#worked ||= this.#way === 0;
    this.#cancel("answer");
    this.#after("quiet", this.heartbeat, () => this.#ping(ANSWER));
    switch (message.type) {
      case "hello":
        this.#cancel("hello");
        if (message.heartbeat) this.heartbeat = message.heartbeat * 1000;
        this.#catchingUp = [];
        return;
      case "snapshot":
        this.cursor = message.cursor;
        this.#gaps = 0;
        this.#catchingUp.push(message);
        return;
      case "live":
        this.#caughtUp(socket);
        return;
      case "move":
        this.#after("move", message.after_ms, () => {
          if (this.#socket === socket) this.#next = this.#open();
        });
        return;
      case "error":
        this.#floor = message.retry_after_ms ?? 0;
        return;
      default:
        if (message.cursor) this.#take(socket, message);
        else if (message.type === "audience") this.to.messages([message]);
    }
  }

  /** One event of the log, at its place. */
  #take(socket, event) {
    if (this.#seen.has(event.cursor)) return;
    if (this.cursor && event.prev && event.prev !== this.cursor) {
      // Something between was not sent. Ask again from where we are; if that does not mend it, ask for everything.
      if (++this.#gaps > 2) this.cursor = "";
      this.#drop(socket);
      return;
    }
    this.#gaps = 0;
    this.cursor = event.cursor;
    this.#seen.add(event.cursor);
    if (this.#seen.size > 500) this.#seen.delete(this.#seen.values().next().value);
    this.#ended = event.type === "coverage.ended" || (this.#ended && event.type !== "coverage.reopened");
    // What is caught up with comes at once: the page changes one time, not a hundred times.
    if (this.#isLive || this.#ended) this.#deliver([event]);
    else this.#catchingUp.push(event);
    if (this.#ended) this.#after("farewell", FAREWELL, () => socket.close(1000));
    else this.#cancel("farewell");
  }

  #caughtUp(socket) {
    if (socket === this.#next) {
      this.#let(this.#socket);
      this.#socket = socket;
      this.#next = null;
    }
    this.#isLive = true;
    this.#floor = 0;
    this.#after("steady", STEADY, () => (this.#attempts = 0));
    this.#deliver([]);
    this.to.state("live");
  }

  #deliver(events) {
    const messages = [...this.#catchingUp, ...events];
    this.#catchingUp = [];
    if (messages.length) this.to.messages(messages);
  }

  #ping(deadline) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send('{"type":"ping"}');
    this.#after("answer", deadline, () => this.#drop(socket));
  }

  /** Gives a socket up that does not answer, or answers wrongly. */
  #drop(socket) {
    this.#let(socket);
    if (socket === this.#next) this.#next = null;
    else if (socket === this.#socket) this.#lose(1006, "");
  }

  #closed(socket, code, reason) {
    if (socket === this.#next) this.#next = null;
    else if (socket === this.#socket) this.#lose(code, reason);
  }

  #lose(code, reason) {
    this.#deliver([]);
    this.#clear();
    this.#isLive = false;
    this.#socket = null;
    if (this.#ended || stops(code)) {
      this.#final = true;
      this.#let(this.#next);
      this.to.state(this.#ended || code === 1000 ? "ended" : "refused", code);
      return;
    }
    if (this.#next) {
      this.#socket = this.#next;
      this.#next = null;
      this.#after("quiet", ANSWER, () => this.#ping(ANSWER));
      return;
    }
    this.#judge();
    const longest = Math.min(LONGEST, 1000 * 2 ** this.#attempts++);
    const floor = Math.max(advised(reason), this.#floor);
    this.#floor = 0;
    const least = advises(code) || floor ? 0 : SHORTEST;
    this.to.state(navigator.onLine ? "reconnecting" : "offline");
    this.#reconnect(floor + least + Math.random() * (longest - least));
  }

  #reconnect(delay) {
    this.#after("again", delay, () => {
      this.#socket = this.#open();
    });
  }

  /** From now on nothing that this socket says counts. */
  #let(socket) {
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #after(name, delay, act) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      act();
    }, delay);
  }

  #cancel(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  #clear() {
    for (const name of Object.keys(this.#timers)) this.#cancel(name);
  }
}

/** Milliseconds that a close reason, `{"r":7400}`, asks to wait. */
function advised(reason) {
  try {
    const { r } = JSON.parse(reason);
    return Number.isFinite(r) && r > 0 ? r : 0;
  } catch {
    return 0;
  }
}
