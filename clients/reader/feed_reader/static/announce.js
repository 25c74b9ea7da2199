// Says what is new to those who do not see it: politely, and not more often than one can listen.

import { count, say } from "./words.js";

const EVERY = 8000; // ms

export class Announcer {
  #updates = [];
  #notes = [];
  #timer = null;

  /** @param {HTMLElement} region an aria-live region */
  constructor(region) {
    this.region = region;
  }

  update(entry) {
    this.#updates.push(entry);
    this.#schedule();
  }

  note(text) {
    this.#notes.push(text);
    this.#schedule();
  }

  #schedule() {
    // The first waits a moment too: several often come at once.
    this.#timer ??= setTimeout(() => this.#speak(), 300);
  }

  #speak() {
    const [only, another] = this.#updates;
    const updates = !only
      ? []
      : [another || !only.headline
          ? count("new_updates", this.#updates.length)
          : say("new_update_titled", { headline: only.headline })];
    this.region.textContent = [...updates, ...this.#notes].join(" ");
    this.#updates = [];
    this.#notes = [];
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#updates.length || this.#notes.length) this.#speak();
    }, EVERY);
  }
}
