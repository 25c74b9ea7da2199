// The entries on the page: newest first, changed in place. New ones wait while the reader reads further down.

import { patch } from "./patch.js";

export class Timeline {
  #waiting = new Map(); // id → entry: published, not shown yet

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.list
   * @param {import("./place.js").Place} parts.place
   * @param {import("./render.js").Renderer} parts.renderer
   * @param {boolean} parts.newest  whether this is the newest page; on an older one new entries are only counted
   * @param {string} parts.next  token of the next older page; empty: the list is complete
   * @param {import("./adverts.js").Adverts} parts.adverts
   * @param {(waiting: number) => void} parts.onWaiting
   */
  constructor({ list, place, renderer, newest, next, adverts, onWaiting }) {
    Object.assign(this, { list, place, renderer, newest, next, adverts, onWaiting });
    this.takes = () => true;
  }

  get waiting() {
    return [...this.#waiting.values()].filter((entry) => this.takes(entry)).length;
  }

  get articles() {
    return [...this.list.querySelectorAll(":scope > article")];
  }

  /** Shows only the entries that `takes` is true for. */
  filter(takes, all) {
    this.takes = takes;
    for (const article of this.articles) article.hidden = !takes(factsOf(article));
    this.list.toggleAttribute("data-filtered", !all);
    this.#number();
    this.onWaiting(this.waiting);
  }

  /** A new entry. Returns whether the reader has news: an entry older than what is loaded is none. */
  publish(entry) {
    if (this.#shown(entry.id)) {
      this.revise(entry);
      return false;
    }
    if (this.#isBeyond(entry)) return false;
    this.#waiting.set(entry.id, entry);
    if (this.newest && this.place.follows) this.reveal();
    else this.onWaiting(this.waiting);
    return true;
  }

  /** Another revision of an entry, retracted ones too. Returns whether it is on the page or waiting. */
  revise(entry) {
    if (this.#waiting.has(entry.id)) {
      this.#waiting.set(entry.id, entry);
      return true;
    }
    const article = this.#shown(entry.id);
    const stays = article?.dataset.at === entry.display_at;
    if (!article && (this.#isBeyond(entry) || this.#isBefore(entry))) return false;
    this.place.keep(() => {
      if (stays) {
        const fresh = this.#article(entry);
        if (article.dataset.revision !== fresh.dataset.revision) fresh.classList.add("entry-changed");
        patch(article, fresh);
        return;
      }
      article?.remove();
      if (!this.#isBeyond(entry)) this.#insert(entry, "entry-changed");
      this.#number();
    });
    return true;
  }

  remove(id) {
    if (this.#waiting.delete(id)) this.onWaiting(this.waiting);
    const article = this.#shown(id);
    if (!article) return;
    const neighbour = article.contains(document.activeElement)
      ? (article.nextElementSibling ?? article.previousElementSibling)
      : null;
    this.place.keep(() => {
      article.remove();
      this.adverts.tidy();
      this.#number();
      neighbour?.focus({ preventScroll: true });
    });
  }

  /** Shows what has waited; returns the articles, newest first. */
  reveal() {
    const entries = [...this.#waiting.values()].sort((one, other) => (isNewer(one, other) ? 1 : -1));
    this.#waiting.clear();
    const articles = entries.map((entry) => this.#insert(entry, "entry-fresh")).reverse();
    this.#number();
    this.onWaiting(0);
    return articles;
  }

  /** A fresh first page replaces everything: what is still there is changed in place, what is new waits or comes in. */
  reset(entries, next) {
    const wanted = new Set(entries.map((entry) => entry.id));
    const [newestShown] = this.articles;
    const overlaps = this.articles.some((article) => wanted.has(article.dataset.id));
    this.place.keep(() => {
      for (const article of this.articles) {
        if (!wanted.has(article.dataset.id)) article.remove();
      }
      for (const id of [...this.#waiting.keys()]) {
        if (!wanted.has(id)) this.#waiting.delete(id);
      }
      this.next = next ?? "";
      for (const entry of entries) {
        if (this.#shown(entry.id) || this.#waiting.has(entry.id)) this.revise(entry);
        else if (overlaps && isNewer(entry, keyOf(newestShown))) this.publish(entry);
        else this.#insert(entry);
      }
      this.adverts.tidy();
      this.#number();
    });
    this.onWaiting(this.waiting);
  }

  /** The next older page. Returns its first article. */
  append(entries, next) {
    const first = entries.filter((entry) => !this.#shown(entry.id)).map((entry) => {
      const article = this.#article(entry);
      this.adverts.below();
      this.list.append(article);
      return article;
    });
    this.next = next ?? "";
    this.#number();
    return first.find((article) => !article.hidden) ?? null;
  }

  #article(entry) {
    const article = this.renderer.article(entry);
    this.renderer.clock.localise(article);
    article.hidden = !this.takes(entry);
    return article;
  }

  #shown(id) {
    return this.list.querySelector(`:scope > article[data-id="${CSS.escape(id)}"]`);
  }

  #insert(entry, mark) {
    const article = this.#article(entry);
    if (mark) article.classList.add(mark);
    const [newest, ...others] = this.articles;
    const isTop = newest && isNewer(entry, keyOf(newest));
    if (isTop) this.adverts.above();
    const older = isTop ? this.list.firstElementChild : others.find((other) => isNewer(entry, keyOf(other)));
    this.list.insertBefore(article, older ?? null);
    return article;
  }

  /** Older than everything here while there are older pages: it comes with those. */
  #isBeyond(entry) {
    const last = this.articles.at(-1);
    return Boolean(this.next && last && isNewer(keyOf(last), entry));
  }

  /** On an older page: newer than everything here. */
  #isBefore(entry) {
    const [first] = this.articles;
    return Boolean(!this.newest && first && isNewer(entry, keyOf(first)));
  }

  #number() {
    const articles = this.articles.filter((article) => !article.hidden);
    const size = this.next || !this.newest ? -1 : articles.length;
    articles.forEach((article, index) => {
      article.setAttribute("aria-posinset", index + 1);
      article.setAttribute("aria-setsize", size);
    });
    // A feed must have articles (WAI-ARIA 1.2, required owned elements).
    if (articles.length) {
      this.list.setAttribute("role", "feed");
      this.list.setAttribute("aria-labelledby", "updates-title");
    } else {
      this.list.removeAttribute("role");
      this.list.removeAttribute("aria-labelledby");
    }
  }
}

/** What a filter asks about, of an article as it stands on the page. */
function factsOf(article) {
  const labels = [...article.querySelectorAll(".labels li")].map((label) => label.textContent);
  return { key_event: article.classList.contains("entry-key"), labels };
}

function keyOf(article) {
  return { display_at: article.dataset.at, id: article.dataset.id };
}

function isNewer(one, other) {
  return one.display_at > other.display_at || (one.display_at === other.display_at && one.id > other.id);
}
