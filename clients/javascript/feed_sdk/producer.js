// Publishing into coverages over HTTP.

import { Requests } from "./requests.js";

export { FeedError } from "./errors.js";

/** @typedef {import("./shapes.js").Entry} Entry */
/** @typedef {import("./shapes.js").Coverage} Coverage */
/** @typedef {import("./shapes.js").Message} Message */
/** @typedef {import("./shapes.js").Page} Page */
/** @typedef {import("./shapes.js").Author} Author */
/** @typedef {import("./shapes.js").Image} Image */
/** @typedef {import("./shapes.js").Link} Link */
/** @typedef {import("./shapes.js").Adverts} Adverts */
/** @typedef {string | Date} Moment a Date, or RFC 3339 with its zone */
/**
 * What `publish` takes: at most one of html, markdown, text and blocks. `id` is chosen by the server unless given; the last
 * three are for imports.
 * @typedef {{headline?: string, html?: string, markdown?: string, text?: string, blocks?: import("./shapes.js").Block[],
 *   display_at?: Moment, authors?: Author[], labels?: string[], key_event?: boolean,
 *   kind?: "update"|"summary"|"analysis"|"wrap", importance?: 1|2|3, verification?: import("./shapes.js").Verification,
 *   images?: Image[], links?: Link[], language?: string, id?: string, published_at?: Moment, updated_at?: Moment,
 *   corrections?: {at: Moment, note: string}[]}} EntryDraft
 */
/**
 * What `revise` takes: any of an entry's fields, null to clear one, and `correction`, a note that readers see beside it.
 * @typedef {{[Field in keyof Omit<EntryDraft, "id"|"published_at"|"updated_at"|"corrections">]?: EntryDraft[Field] | null}
 *   & {correction?: string}} EntryChange
 */
/**
 * What `create` takes. `created_at` and `started_at` are for imports.
 * @typedef {{title: string, id?: string, summary?: string, key_points?: string[], language?: string, timezone?: string,
 *   starts_at?: Moment, visibility?: "public"|"unlisted"|"private", image?: Image, links?: Link[], labels?: string[],
 *   authors?: Author[], adverts?: Adverts, created_at?: Moment, started_at?: Moment}} CoverageDraft
 */
/**
 * What `change` takes: null clears a field, but for `title` and `visibility`. `pin` is an entry's id.
 * @typedef {{[Field in keyof Omit<CoverageDraft, "id"|"title"|"visibility"|"created_at"|"started_at">]?:
 *   CoverageDraft[Field] | null} & {title?: string, visibility?: CoverageDraft["visibility"], pin?: string | null}} CoverageChange
 */
/**
 * What `end` takes: the last entry and the end become one change.
 * @typedef {{title?: string, summary?: string | null, key_points?: string[] | null, entry?: EntryDraft, ended_at?: Moment,
 *   successor?: import("./shapes.js").Successor}} Ending
 */
/**
 * How safe an acknowledged write is: what the store writes to disk when, and how many copies it has.
 * @typedef {{fsync: "always"|"everysec"|"no"|"unknown", replicas: number}} Durability
 */
/**
 * `replayed` is true where the server had seen the Idempotency-Key before: nothing new happened. Where the entry was taken
 * down since, `entry` is then as in a Deletion.
 * @typedef {{entry: Entry, cursor: string, durability: Durability, replayed?: boolean}} Receipt
 */
/**
 * What `delete` gives: of the entry only this is left.
 * @typedef {{entry: {id: string, status: "deleted", reason?: string}, cursor: string, durability: Durability,
 *   replayed?: boolean}} Deletion
 */
/** @typedef {{receipts: {entry: Entry, cursor: string}[], durability: Durability, replayed?: boolean}} BatchReceipt */
/** @typedef {{id: string, scopes: string[], created_at: string, name?: string, expires_at?: string}} Grant a token, without itself */
/** @typedef {{key?: string}} Repeatable `key`: of an earlier try, where the program has ended between */
/** @typedef {Repeatable & {revision?: number}} Based `revision`: what the change is based on; 412 where somebody was faster */

/**
 * What a newsroom's tool does with coverages and entries.
 *
 *     const producer = new Producer("https://live.example", token);
 *     await producer.create({ id: "budget-2026", title: "Budget day" });
 *     await producer.publish("budget-2026", { headline: "The chancellor rises", markdown: "At **12:31** …" });
 *
 * Every write carries an Idempotency-Key, made once for each call, and is repeated with it when the connection fails or the
 * server cannot answer for now (429, 502, 503, 504), for `deadline` milliseconds: it has its effect once, however often it
 * was sent. When it fails nevertheless, repeat the call with the error's `key`.
 *
 * Throws FeedError: `code`, `status`, `field`, `detail`.
 */
export class Producer {
  #requests;

  /**
   * @param {string} url the server's address
   * @param {import("./shapes.js").Token} [token]
   * @param {{deadline?: number, fetch?: typeof globalThis.fetch}} [options]
   */
  constructor(url, token, options = {}) {
    this.#requests = new Requests(url, { ...options, token });
  }

  // Coverages

  /**
   * @param {CoverageDraft} draft
   * @param {Repeatable} [options]
   * @returns {Promise<Coverage>}
   */
  create(draft, options) {
    return this.#write("POST", "/coverages", draft, options);
  }

  /**
   * @param {string} coverage
   * @returns {Promise<Coverage>}
   */
  get(coverage) {
    return this.#requests.get(path(coverage));
  }

  /**
   * All coverages that the token may read, page by page; `limit` is the length of a page.
   * @param {{status?: "scheduled"|"live"|"ended", limit?: number}} [options]
   * @returns {AsyncGenerator<Coverage, void, void>}
   */
  async *coverages({ status, limit = 50 } = {}) {
    for (let before; ; ) {
      const page = await this.#requests.get("/coverages", { status, limit, before });
      yield* page.coverages;
      if (!page.next) return;
      before = page.next;
    }
  }

  /**
   * @param {string} coverage
   * @param {CoverageChange} change
   * @param {Based} [options]
   * @returns {Promise<Coverage>}
   */
  change(coverage, change, options) {
    return this.#write("PATCH", path(coverage), change, options);
  }

  /**
   * Pins an entry in place of the one that was; null: pins none.
   * @param {string} coverage
   * @param {string|null} entry
   * @param {Repeatable} [options]
   */
  pin(coverage, entry, options) {
    return this.change(coverage, { pin: entry }, options);
  }

  /**
   * Ends it, with a last entry if one is given, in one step. Ending an ended coverage changes nothing.
   * @param {string} coverage
   * @param {Ending} [ending]
   * @param {Repeatable} [options]
   * @returns {Promise<Coverage>}
   */
  end(coverage, ending = {}, options) {
    return this.#write("POST", `${path(coverage)}/end`, ending, options);
  }

  /**
   * @param {string} coverage
   * @param {Repeatable} [options]
   * @returns {Promise<Coverage>}
   */
  reopen(coverage, options) {
    return this.#write("POST", `${path(coverage)}/reopen`, {}, options);
  }

  // Entries

  /**
   * @param {string} coverage
   * @param {EntryDraft} draft
   * @param {Repeatable} [options]
   * @returns {Promise<Receipt>}
   */
  publish(coverage, draft, options) {
    return this.#write("POST", `${path(coverage)}/entries`, draft, options);
  }

  /**
   * Publishes all of them, in this order, or none. A refusal names the line, counted from 1.
   * @param {string} coverage
   * @param {Iterable<EntryDraft>} drafts
   * @param {Repeatable} [options]
   * @returns {Promise<BatchReceipt>}
   */
  publishMany(coverage, drafts, options) {
    const body = Array.from(drafts, (draft) => JSON.stringify(draft)).join("\n");
    return this.#send("POST", `${path(coverage)}/entries`, { body, type: "application/x-ndjson" }, options);
  }

  /**
   * @param {string} coverage
   * @param {string} entry
   * @param {EntryChange} change
   * @param {Based} [options]
   * @returns {Promise<Receipt>}
   */
  revise(coverage, entry, change, options) {
    return this.#write("PATCH", path(coverage, entry), change, options);
  }

  /**
   * The entry stays visible, struck through, with the reason. `at`: when it was withdrawn, if not just now.
   * @param {string} coverage
   * @param {string} entry
   * @param {string} reason
   * @param {Repeatable & {at?: Moment}} [options]
   * @returns {Promise<Receipt>}
   */
  retract(coverage, entry, reason, options) {
    return this.#write("POST", `${path(coverage, entry)}/retract`, { reason, at: options?.at }, options);
  }

  /**
   * Takes the entry down. Its id is not used again.
   * @param {string} coverage
   * @param {string} entry
   * @param {Repeatable & {reason?: string}} [options]
   * @returns {Promise<Deletion>}
   */
  delete(coverage, entry, options = {}) {
    const { reason } = options;
    return this.#write("DELETE", path(coverage, entry), reason === undefined ? undefined : { reason }, options);
  }

  /**
   * @param {string} coverage
   * @param {string} entry
   * @returns {Promise<Entry>}
   */
  entry(coverage, entry) {
    return this.#requests.get(path(coverage, entry));
  }

  /**
   * The public history of an entry, oldest first.
   * @param {string} coverage
   * @param {string} entry
   * @returns {Promise<Entry[]>}
   */
  async revisions(coverage, entry) {
    return (await this.#requests.get(`${path(coverage, entry)}/revisions`)).revisions;
  }

  /**
   * A page of the timeline; its `next` is the `before` of the page below.
   * @param {string} coverage
   * @param {{limit?: number, before?: string}} [options]
   * @returns {Promise<Page>}
   */
  page(coverage, { limit = 50, before } = {}) {
    return this.#requests.get(`${path(coverage)}/entries`, { limit, before });
  }

  /**
   * All entries, newest first, page by page; `limit` is the length of a page.
   * @param {string} coverage
   * @param {{limit?: number}} [options]
   * @returns {AsyncGenerator<Entry, void, void>}
   */
  async *entries(coverage, { limit = 100 } = {}) {
    for (let before; ; ) {
      const page = await this.page(coverage, { limit, before });
      yield* page.entries;
      if (!page.next) return;
      before = page.next;
    }
  }

  /**
   * What came after a cursor, as messages of the websocket.
   * @param {string} coverage
   * @param {string} after
   * @param {{limit?: number}} [options]
   * @returns {Promise<{events: Message[], cursor: string, up_to_date: boolean, ended: boolean}>}
   */
  changes(coverage, after, { limit = 100 } = {}) {
    return this.#requests.get(`${path(coverage)}/entries`, { after, limit });
  }

  // Tokens

  /**
   * The answer's `token` is shown this one time only.
   * @param {string[]} scopes
   * @param {{name?: string, expires_in_s?: number}} [options]
   * @returns {Promise<Grant & {token: string}>}
   */
  createToken(scopes, { name, expires_in_s } = {}) {
    return this.#write("POST", "/tokens", { scopes, name, expires_in_s });
  }

  /** @returns {Promise<Grant[]>} */
  async tokens() {
    return (await this.#requests.get("/tokens")).tokens;
  }

  /** @param {string} id */
  async revokeToken(id) {
    await this.#write("DELETE", `/tokens/${encodeURIComponent(id)}`);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [document] a Date in it is sent in UTC
   * @param {Based} [options]
   */
  #write(method, path, document, options) {
    return this.#send(method, path, { body: document && JSON.stringify(document) }, options);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: string, type?: string}} content
   * @param {Based} [options]
   * @returns {Promise<any>}
   */
  async #send(method, path, content, { key = newKey(), revision } = {}) {
    /** @type {Record<string, string>} */
    const headers = { "Idempotency-Key": key };
    if (revision !== undefined) headers["If-Match"] = `"${revision}"`;
    const answer = await this.#requests.send(method, path, { ...content, headers });
    if (answer.status === 204) return {};
    const document = await answer.json();
    return answer.headers.get("Idempotent-Replay") === "true" ? { ...document, replayed: true } : document;
  }
}

/** A random Idempotency-Key: make one yourself to repeat a write after this program has ended. @returns {string} */
export function newKey() {
  return globalThis.crypto.randomUUID();
}

/**
 * @param {string} coverage
 * @param {string} [entry]
 */
function path(coverage, entry) {
  const base = `/coverages/${encodeURIComponent(coverage)}`;
  return entry === undefined ? base : `${base}/entries/${encodeURIComponent(entry)}`;
}
