// Where a reader stopped, kept in the browser: "12 updates since you left", and the way back there.

import { el } from "./element.js";
import { count, say } from "./words.js";

const MOST = 500; // updates that are counted; one request

export class Visit {
  /**
   * @param {object} parts
   * @param {string} parts.coverage  its id
   * @param {string} parts.api
   * @param {HTMLElement} parts.list  the entries
   * @param {() => string} parts.seen  the cursor up to which everything has been shown
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.key = `feed:left:${this.coverage}`;
    addEventListener("pagehide", () => this.#keep());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#keep());
  }

  /** Compares with the visit before. @param {string} cursor of the page as it was sent */
  async greet(cursor) {
    const last = this.#last();
    if (!last || last.cursor === cursor) return;
    const answer = await fetch(`${this.api}/entries?limit=${MOST}&after=${encodeURIComponent(last.cursor)}`);
    if (!answer.ok) return; // too long ago to be counted
    const { events, up_to_date: complete } = await answer.json();
    const ids = new Set();
    for (const { type, entry, id } of events) {
      if (type === "entry.published") ids.add(entry.id);
      else if (type === "entry.deleted") ids.delete(entry?.id ?? id);
    }
    if (ids.size === 0) return;
    const words = count("since_you_left", ids.size);
    this.#offer(complete ? words : say("more_than", { words }), last.entry);
  }

  #offer(words, left) {
    const article = left && document.getElementById(`e-${left}`);
    if (article) article.dataset.left = say("you_left_here");
    const go = left && el("a", { href: `/c/${this.coverage}/e/${left}` }, say("go_there"));
    const close = el("button", { type: "button", class: "since-close", "aria-label": say("close") }, "×");
    // It lies over the page, and moves nothing.
    const box = el("aside", { class: "since", "aria-label": words }, [el("span", {}, words), go, close]);
    close.addEventListener("click", () => box.remove());
    go?.addEventListener("click", (event) => {
      box.remove();
      if (!article?.isConnected || article.hidden) return; // the link leads there
      event.preventDefault();
      article.scrollIntoView({ block: "center" });
      article.focus({ preventScroll: true });
    });
    document.body.append(box);
    this.onOffer?.(words);
  }

  #last() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null; // no storage here
    }
  }

  #keep() {
    const entry = this.list.querySelector("article")?.dataset.id;
    const cursor = this.seen();
    if (!cursor) return;
    try {
      localStorage.setItem(this.key, JSON.stringify({ cursor, entry }));
    } catch {
      // Nor there.
    }
  }
}
