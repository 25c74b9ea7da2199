// The key events beside the timeline: a list that jumps. Twin of the one in feed/pages/templates/coverage.html.

import { el } from "./element.js";
import { patchChildren } from "./patch.js";
import { say } from "./words.js";

const AT_ONCE = 200; // entries per request when earlier ones are looked for

export class Guide {
  #events = new Map(); // id → {id, display_at, headline}

  /**
   * @param {object} parts
   * @param {string} parts.page  address of the coverage's page
   * @param {string} parts.api  of its interface
   * @param {string} parts.next  token of the next older page of entries; empty: all are known
   */
  constructor({ page, api, next, place, clock }) {
    Object.assign(this, { page, api, next, place, clock });
    this.section = document.getElementById("guide");
    this.list = document.getElementById("guide-list");
    this.more = document.getElementById("guide-more");
    for (const item of this.list.children) {
      const { id, at } = item.dataset;
      this.#events.set(id, { id, display_at: at, headline: item.querySelector(".guide-headline").textContent });
    }
    this.more.addEventListener("click", () => this.#earlier());
    this.list.addEventListener("click", jump);
  }

  /** An entry that came or changed. */
  take(entry) {
    if (!entry.key_event || entry.retraction) return this.remove(entry.id);
    const { id, display_at, headline = say("key_event") } = entry;
    this.#events.set(id, { id, display_at, headline });
    return this.#show();
  }

  remove(id) {
    if (this.#events.delete(id)) this.#show();
  }

  #show() {
    const newest = [...this.#events.values()].sort((one, other) =>
      one.display_at === other.display_at ? (one.id < other.id ? 1 : -1) : one.display_at < other.display_at ? 1 : -1,
    );
    this.place.keep(() => {
      patchChildren(this.list, el("ol", {}, newest.map((event) => this.#item(event, newest[0].display_at))));
      this.section.hidden = newest.length === 0;
    });
  }

  #item({ id, display_at: at, headline }, newest) {
    const item = el("li", { "data-id": id, "data-at": at }, [
      el("a", { href: `${this.page}/e/${id}` }, [
        this.clock.short(at, newest),
        " ",
        el("span", { class: "guide-headline" }, headline),
      ]),
    ]);
    this.clock.localise(item);
    return item;
  }

  /** Looks through older entries until one more key event turns up. */
  async #earlier() {
    if (this.more.ariaBusy === "true") return;
    this.more.ariaBusy = "true";
    const before = this.#events.size;
    try {
      while (this.next && this.#events.size === before) {
        const answer = await fetch(`${this.api}/entries?limit=${AT_ONCE}&before=${encodeURIComponent(this.next)}`);
        if (!answer.ok) return;
        const { entries, next } = await answer.json();
        this.next = next ?? "";
        for (const entry of entries) if (entry.key_event && !entry.retraction) this.take(entry);
      }
    } catch {
      return; // offline: it can be pressed again
    } finally {
      this.more.ariaBusy = null;
      this.more.hidden = !this.next;
    }
  }
}

/** To an entry that is on the page without leaving it; else its link leads to it. */
function jump(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  const entry = document.getElementById(`e-${event.target.closest("li")?.dataset.id}`);
  if (!entry || entry.hidden || !event.target.closest("a")) return;
  event.preventDefault();
  entry.scrollIntoView({ block: "start" });
  entry.focus({ preventScroll: true });
}
