// The page as it stands, folded from messages.

/** @typedef {import("./shapes.js").Message} Message */
/** @typedef {import("./shapes.js").Entry} Entry */
/** @typedef {import("./shapes.js").Coverage} Coverage */
/** @typedef {import("./shapes.js").Page} Page */

/**
 * Entries newest first by `(display_at, id)`, the head of the coverage, and whether it has ended.
 *
 * Feed it every message of `follow`. The outcome does not depend on their order, nor on how often each comes: of an entry
 * and of the head the highest revision counts, and what was deleted stays deleted.
 *
 * A snapshot holds the newest entries only. Changes to entries below it are kept but not shown until `addPage` has brought
 * the pages between, so that `entries` never has a hole.
 */
export class Timeline {
  /** The head: title, status, summary, key points …; null before the first message that carries it. @type {Coverage|null} */
  coverage = null;
  /** Everything up to here has been folded in. @type {string|null} */
  cursor = null;
  /** What to ask the next older page with (`before`); null: all entries are here. @type {string|null} */
  next = null;
  /** Whether the server has said that nothing newer was waiting. */
  live = false;
  /** @type {Map<string, Entry>} */
  #known = new Map();
  /** @type {Map<string, string|undefined>} */
  #deleted = new Map();
  /** @type {Entry|null} */
  #oldest = null;
  /** @type {Map<string, string>} */
  #ahead = new Map();
  /** @type {Entry[]|null} */
  #sorted = null;

  /** Newest first; the same array until something changes. @returns {Entry[]} */
  get entries() {
    const oldest = this.#oldest;
    this.#sorted ??= [...this.#known.values()].filter((entry) => !oldest || !isNewer(oldest, entry)).sort(newestFirst);
    return this.#sorted;
  }

  get ended() {
    return this.coverage?.status === "ended";
  }

  /** The page that continues an ended coverage. */
  get successor() {
    return (this.ended && this.coverage?.successor) || null;
  }

  /** The pinned entry, where it is known. */
  get pinned() {
    return this.#known.get(this.coverage?.pin ?? "") ?? null;
  }

  /** @param {string} id */
  entry(id) {
    return this.#known.get(id) ?? null;
  }

  /** @param {string} id of an entry */
  wasDeleted(id) {
    return this.#deleted.has(id);
  }

  /**
   * Folds one message in; returns whether that changed anything. Types it does not know are passed over.
   * @param {Message} message
   * @returns {boolean}
   */
  apply(message) {
    const { type, entry, prev, cursor } = message;
    let changed = false;
    if (type === "snapshot") changed = this.#restart(message);
    else if (type === "live" || type === "hello") this.live = type === "live";
    else if (type === "entry.deleted") changed = this.#remove(message.id ?? entry?.id ?? "", message.reason);
    else if (entry && /^entry\.(published|revised|retracted)$/.test(type)) changed = this.#keep(entry);
    else if (message.coverage && /^coverage\.(changed|ended|reopened)$/.test(type))
      changed = this.#keepHead(message.coverage);
    if (prev && cursor) this.#followChain(prev, cursor);
    return changed;
  }

  /**
   * Folds in an older page, as the server gives it for `before=timeline.next`.
   * @param {Page} page
   */
  addPage({ entries, next }) {
    for (const entry of entries) this.#keep(entry);
    this.next = next ?? null;
    this.#oldest = this.next === null ? null : lowest(entries, this.#oldest);
    this.#sorted = null;
  }

  /**
   * A message that brings an empty timeline to this state: to keep, and to begin with the next time.
   * @returns {Message}
   */
  asSnapshot() {
    const { entries, next, cursor, coverage } = this;
    return { type: "snapshot", entries, next, cursor: cursor ?? undefined, coverage: coverage ?? undefined };
  }

  /** @param {Message} message */
  #restart({ entries = [], coverage, cursor, next }) {
    this.#deleted.clear();
    this.#ahead.clear();
    this.#known = new Map(entries.map((entry) => [entry.id, entry]));
    this.coverage = coverage ?? null;
    this.cursor = cursor ?? null;
    this.next = next ?? null;
    this.#oldest = this.next === null ? null : lowest(entries, null);
    this.#sorted = null;
    return true;
  }

  /** @param {Entry} entry */
  #keep(entry) {
    const known = this.#known.get(entry.id);
    if (this.#deleted.has(entry.id) || (known && known.revision >= entry.revision)) return false;
    this.#known.set(entry.id, entry);
    this.#sorted = null;
    return true;
  }

  /**
   * @param {string} id
   * @param {string} [reason]
   */
  #remove(id, reason) {
    if (!id || this.#deleted.has(id)) return false;
    this.#deleted.set(id, reason);
    this.#known.delete(id);
    this.#sorted = null;
    return true;
  }

  /** @param {Coverage} coverage */
  #keepHead(coverage) {
    if (this.coverage && coverage.revision < this.coverage.revision) return false;
    this.coverage = coverage;
    return true;
  }

  /**
   * Messages may be folded in out of order; the cursor goes on only where none is missing.
   * @param {string} prev
   * @param {string} cursor
   */
  #followChain(prev, cursor) {
    this.#ahead.set(prev, cursor);
    /** @type {string|undefined} */
    let reached = this.cursor ?? prev;
    while (reached) {
      this.cursor = reached;
      reached = this.#ahead.get(reached);
      this.#ahead.delete(this.cursor);
    }
  }
}

/**
 * Text order is time order. Ids are ASCII.
 * @param {Entry} one
 * @param {Entry} other
 */
function isNewer(one, other) {
  return one.display_at > other.display_at || (one.display_at === other.display_at && one.id > other.id);
}

/**
 * @param {Entry} one
 * @param {Entry} other
 */
function newestFirst(one, other) {
  return isNewer(one, other) ? -1 : isNewer(other, one) ? 1 : 0;
}

/**
 * @param {Entry[]} entries
 * @param {Entry|null} start
 * @returns {Entry|null}
 */
function lowest(entries, start) {
  return entries.reduce(
    (/** @type {Entry|null} */ least, entry) => (least && isNewer(entry, least) ? least : entry),
    start,
  );
}
