// Much work in turns that are too short to be felt: between two of them the page scrolls, and keys are heard.

const LONGEST = 8; // ms of one turn: several times that on a slow phone, and the browser has to lay out after it

/** Resolves when it is this page's turn again. */
export function nextTurn() {
  return globalThis.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
}

/** Does something for every item, in order. Items that come meanwhile wait for those before them. */
export class Turns {
  #items = [];
  #working = false;

  /**
   * @param {object} parts
   * @param {(take: () => void) => void} parts.turn  runs one turn: it must call `take`
   * @param {(item: any) => void} parts.act
   * @param {() => void} parts.done  all that was given so far is done
   * @param {() => Promise<void>|null} parts.rest  what the next turn has to wait for, if anything
   */
  constructor({ turn, act, done, rest }) {
    Object.assign(this, { turn, act, done, rest });
  }

  async add(items) {
    this.#items.push(...items);
    if (this.#working) return;
    this.#working = true;
    while (this.#items.length) {
      const rest = this.rest();
      if (rest) await rest;
      this.turn(() => {
        const until = performance.now() + LONGEST;
        do this.#do(this.#items.shift());
        while (this.#items.length && performance.now() < until);
      });
      if (this.#items.length) await nextTurn();
    }
    this.#working = false;
    this.done();
  }

  /** One that cannot be done keeps none of the others from being done. */
  #do(item) {
    try {
      this.act(item);
    } catch (error) {
      reportError(error);
    }
  }
}
