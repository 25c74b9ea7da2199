// Where a timeline and its cursor are kept between visits: in one value, so that they always belong together.

/** @typedef {import("./shapes.js").Message} Message */
/**
 * `localStorage`, `sessionStorage`, React Native's AsyncStorage, or anything like them.
 * @typedef {object} Storage
 * @property {(key: string) => string | null | undefined | Promise<string | null | undefined>} getItem
 * @property {(key: string, value: string) => unknown} setItem
 */

const OFTEN = 1_000; // ms between two writes

/** A storage that lasts as long as the program. @returns {Storage} */
export function memoryStorage() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return { getItem: (key) => values.get(key), setItem: (key, value) => values.set(key, value) };
}

/**
 * One coverage's place in a storage. It is read once, at the start: tabs that share it follow with cursors of their own, and
 * one that has fallen behind does not write over what another wrote later. A storage that fails is done without.
 */
export class Keeper {
  #storage;
  #key;
  /** @type {() => Message} */
  #state;
  /** When something last came. */
  #changedAt = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {Storage} storage
   * @param {string} key
   * @param {() => Message} state what to keep, as a snapshot
   */
  constructor(storage, key, state) {
    this.#storage = storage;
    this.#key = key;
    this.#state = state;
  }

  /** The snapshot that was kept. @returns {Promise<Message|null>} */
  async read() {
    const kept = await this.#read();
    const { snapshot } = kept ?? {};
    return snapshot?.cursor && snapshot.entries?.every?.((/** @type {any} */ entry) => entry?.id) ? snapshot : null;
  }

  /** Something changed: it will be written soon. */
  change() {
    this.#changedAt = Date.now();
    this.#timer ??= setTimeout(() => this.write(), OFTEN);
  }

  /** Writes now what has changed. */
  async write() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const at = this.#changedAt;
    if (at === 0) return;
    this.#changedAt = 0;
    try {
      const value = JSON.stringify({ v: 1, at, snapshot: this.#state() });
      // A page that is being left does not wait: nothing may come between here for a storage that answers at once.
      const kept = this.#storage.getItem(this.#key);
      const other = parse(kept instanceof Promise ? await kept : kept);
      if (!(other?.at > at)) await this.#storage.setItem(this.#key, value);
    } catch {
      // It is full, or not allowed here.
    }
  }

  async #read() {
    try {
      return parse(await this.#storage.getItem(this.#key));
    } catch {
      return null;
    }
  }
}

/** @param {string|null|undefined} text */
function parse(text) {
  try {
    const kept = JSON.parse(text ?? "null");
    return kept?.v === 1 ? kept : null;
  } catch {
    return null;
  }
}
