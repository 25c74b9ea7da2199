// The pinned entry, shown a second time above the others.

import { fill } from "./element.js";
import { patch } from "./patch.js";

export class Pin {
  /**
   * @param {object} parts
   * @param {HTMLElement} parts.section  @param {HTMLElement} parts.holder  where in it the entry is
   * @param {string} parts.id  the pinned entry now; empty: none
   * @param {(id: string) => Promise<object|null>} parts.find  an entry by its id
   */
  constructor({ section, holder, id, place, renderer, find }) {
    Object.assign(this, { section, holder, id, place, renderer, find });
  }

  /** Pins another entry, or none. */
  async move(id) {
    if ((id ?? "") === this.id) return;
    this.id = id ?? "";
    const entry = this.id ? await this.find(this.id) : null;
    if ((id ?? "") === this.id) this.#show(entry); // else it was moved again meanwhile
  }

  /** Another revision of some entry. */
  revise(entry) {
    if (entry.id === this.id) this.#show(entry);
  }

  remove(id) {
    if (id === this.id) this.#show(null);
  }

  #show(entry) {
    this.place.keep(() => {
      this.section.hidden = !entry;
      if (!entry) return fill(this.holder);
      const fresh = this.renderer.article(entry, "p-");
      this.renderer.clock.localise(fresh);
      const old = this.holder.firstElementChild;
      if (old?.dataset.id === entry.id) patch(old, fresh);
      else fill(this.holder, fresh);
    });
  }
}
