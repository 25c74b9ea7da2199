// The entries on the page: newest first, changed in place. New ones wait while the reader reads further down.

import { patch } from "./patch.js";
import { nextTurn } from "./turns.js";

const SCREENFUL = 10; // articles that are made within one turn

export class Timeline {
  #waiting = new Map(); // id → entry: published, not shown yet
  #coming = new Map(); // id → entry: about to be shown, below what is on the screen
  #passed = new Map(); // id → entry, or null when it was taken down: older than what is loaded
  #numbered = true;

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
    if (this.#coming.has(entry.id) || this.#shown(entry.id)) {
      this.revise(entry);
      return false;
    }
    if (this.#isBeyond(entry)) {
      this.#passed.set(entry.id, entry);
      return false;
    }
    this.#waiting.set(entry.id, entry);
    if (this.newest && this.place.follows) this.reveal();
    else this.onWaiting(this.waiting);
    return true;
  }

  /** Another revision of an entry, retracted ones too. Returns whether it is on the page or waiting. */
  revise(entry) {
    for (const soon of [this.#waiting, this.#coming]) {
      if (!soon.has(entry.id)) continue;
      soon.set(entry.id, entry);
      return true;
    }
    const article = this.#shown(entry.id);
    const stays = article?.dataset.at === entry.display_at;
    if (!article && this.#isBeyond(entry)) this.#passed.set(entry.id, entry);
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
    this.#coming.delete(id);
    if (this.#waiting.delete(id)) this.onWaiting(this.waiting);
    const article = this.#shown(id);
    if (!article) {
      this.#passed.set(id, null);
      return;
    }
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

  /** Shows what has waited: at once what a screen holds, what is below that in the next turns. */
  reveal() {
    const entries = [...this.#waiting.values()].sort(newestFirst);
    this.#waiting.clear();
    const top = this.list.querySelector(":scope > article");
    const isAbove = (entry) => !top || isNewer(entry, keyOf(top));
    for (const entry of entries.filter((one) => !isAbove(one))) this.#insert(entry, "entry-fresh");
    this.#prepend(entries.filter(isAbove));
    this.onWaiting(0);
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
      for (const soon of [this.#waiting, this.#coming, this.#passed]) {
        for (const id of [...soon.keys()]) if (!wanted.has(id)) soon.delete(id);
      }
      this.next = next ?? "";
      for (const entry of entries) {
        if (this.#shown(entry.id) || this.#waiting.has(entry.id) || this.#coming.has(entry.id)) this.revise(entry);
        else if (overlaps && isNewer(entry, keyOf(newestShown))) this.publish(entry);
        else this.#insert(entry);
      }
      this.adverts.tidy();
      this.#number();
    });
    this.onWaiting(this.waiting);
  }

  /**
   * The next older page, in as many turns as it takes. What happened to its entries while it was on its way is not
   * lost. Resolves to its first article, or null.
   */
  async append(entries, next) {
    let first = null;
    for (let at = 0; at < entries.length; at += SCREENFUL) {
      if (at) await nextTurn();
      for (const entry of entries.slice(at, at + SCREENFUL)) {
        const since = this.#passed.get(entry.id);
        if (since === null || this.#shown(entry.id)) continue;
        const article = this.#article(since?.revision > entry.revision ? since : entry);
        this.adverts.below();
        this.list.append(article);
        if (!article.hidden) first ??= article;
      }
    }
    this.next = next ?? "";
    for (const [id, entry] of this.#passed) {
      if (entry && this.#isBeyond(entry)) continue;
      this.#passed.delete(id);
      if (entry && !this.#shown(id)) this.#insert(entry);
    }
    this.#number();
    return first;
  }

  /** Entries newer than all that are shown, newest first. Where an advertisement goes depends on those below. */
  #prepend(entries) {
    const slots = this.adverts.above(entries.length);
    const rest = entries.slice(SCREENFUL);
    for (const entry of rest) this.#coming.set(entry.id, entry);
    const mark = document.createComment("");
    this.list.prepend(mark);
    const come = (some, from) =>
      some.forEach((entry, index) => {
        if (isArticle(mark.nextElementSibling) && isNewer(keyOf(mark.nextElementSibling), entry)) {
          this.#insert(entry, "entry-fresh"); // something came in between meanwhile
          return;
        }
        const article = this.#article(entry);
        article.classList.add("entry-fresh");
        mark.before(article);
        if (slots.has(from + index)) this.adverts.after(article);
      });
    come(entries.slice(0, SCREENFUL), 0);
    this.#number();
    if (rest.length) this.#comeIn(rest, come, mark);
    else mark.remove();
  }

  async #comeIn(rest, come, mark) {
    for (let at = 0; at < rest.length; at += SCREENFUL) {
      await nextTurn();
      const some = rest.slice(at, at + SCREENFUL);
      // Changed or taken down meanwhile, they are as they are now.
      const now = some.map(({ id }) => this.#coming.get(id)).filter(Boolean);
      for (const { id } of some) this.#coming.delete(id);
      this.place.keep(() => come(now, at + SCREENFUL));
      this.#number();
    }
    mark.remove();
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
    const { articles } = this;
    const older = articles.find((other) => isNewer(entry, keyOf(other)));
    const isTop = older && older === articles[0];
    const slots = isTop && this.adverts.above(1);
    this.list.insertBefore(article, isTop ? this.list.firstChild : (older ?? null));
    if (isTop && slots.has(0)) this.adverts.after(article);
    return article;
  }

  /** Older than everything here while there are older pages: it comes with those. */
  #isBeyond(entry) {
    const last = this.list.querySelector(":scope > article:last-of-type");
    return Boolean(this.next && last && isNewer(keyOf(last), entry));
  }

  /** On an older page: newer than everything here. */
  #isBefore(entry) {
    const first = this.list.querySelector(":scope > article");
    return Boolean(!this.newest && first && isNewer(entry, keyOf(first)));
  }

  /** Once, however many changes there were in this turn. */
  #number() {
    if (!this.#numbered) return;
    this.#numbered = false;
    queueMicrotask(() => {
      this.#numbered = true;
      this.#count();
    });
  }

  #count() {
    const articles = this.articles.filter((article) => !article.hidden);
    const size = this.next || !this.newest ? -1 : articles.length;
    articles.forEach((article, index) => {
      if (article.ariaPosInSet !== `${index + 1}`) article.ariaPosInSet = index + 1;
      if (article.ariaSetSize !== `${size}`) article.ariaSetSize = size;
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

function isArticle(element) {
  return element?.localName === "article";
}

function keyOf(article) {
  return { display_at: article.dataset.at, id: article.dataset.id };
}

function isNewer(one, other) {
  return one.display_at > other.display_at || (one.display_at === other.display_at && one.id > other.id);
}

function newestFirst(one, other) {
  return isNewer(one, other) ? -1 : 1;
}
