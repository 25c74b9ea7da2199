// The reader's place. Whatever changes above it, the text being read stays where it is on the screen.

const AT_TOP = 16; // pixels: a finger that rests on the screen scrolls by a few
const PARTS = ".head, .notice, .points, .guide, .pin, .entries > :is(article, .advert), .related";
const ASIDE = ".points, .guide, .related"; // in a column of their own on wide screens
const LANDMARKS = "p, li, h1, h2, h3, h4, figure, blockquote, pre, tr, .card, article";

export class Place {
  #depth = 0;
  #followed = null; // where "N new updates" led to: as long as the reader stays there they follow along

  /** @param {HTMLElement} list the entries  @param {HTMLElement} bar what covers the top of the screen */
  constructor(list, bar) {
    this.list = list;
    this.bar = bar;
  }

  /** Whether new entries may come in above by themselves. */
  get follows() {
    return document.visibilityState === "visible" && this.#atTop() && !this.#readsAlong();
  }

  /** Runs `change`; what is on the screen before and after it does not move, to the pixel. */
  keep(change) {
    if (this.#depth > 0 || this.#atTop()) return change();
    this.#depth++;
    try {
      const marks = this.#marks();
      const result = change();
      const mark = marks.find(({ element }) => element.isConnected && element.getClientRects().length > 0);
      if (mark) {
        const moved = mark.element.getBoundingClientRect().top - mark.top;
        if (moved !== 0) window.scrollBy({ top: moved, behavior: "instant" });
      }
      return result;
    } finally {
      this.#depth--;
    }
  }

  /** Takes the reader to the newest entry: to the top of the page where that shows it, else to the list's start. */
  goToNewest() {
    const start = this.list.getBoundingClientRect().top + window.scrollY;
    const top = start < window.innerHeight / 2 ? 0 : start - this.bar.offsetHeight - 16;
    window.scrollTo({ top, behavior: "instant" });
    this.#followed = window.scrollY;
  }

  #atTop() {
    const { scrollY } = window;
    if (this.#followed !== null && Math.abs(scrollY - this.#followed) > AT_TOP) this.#followed = null;
    return scrollY <= AT_TOP || this.#followed !== null;
  }

  /** At the top, but busy there: with the keyboard on an entry, or with text selected. */
  #readsAlong() {
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && this.list.contains(selection.anchorNode)) return true;
    return this.list.querySelector(":focus-visible") !== null;
  }

  /** What is on the screen, from the top: what begins there, then what began above it, then what is beside. */
  #marks() {
    const top = this.bar.getBoundingClientRect().bottom;
    const bottom = window.innerHeight;
    const starting = [];
    const reaching = [];
    const beside = [];
    for (const part of document.querySelectorAll(PARTS)) {
      if (getComputedStyle(part).position === "sticky") continue; // stays in place whatever happens
      const { top: start, bottom: end } = part.getBoundingClientRect();
      if (start >= bottom || end <= top) continue;
      const aside = part.matches(ASIDE);
      for (const element of [part, ...part.querySelectorAll(LANDMARKS)]) {
        const box = element.getBoundingClientRect();
        if (box.top >= bottom || box.bottom <= top) continue;
        (aside ? beside : box.top >= top ? starting : reaching).push({ element, top: box.top });
      }
    }
    starting.sort((one, other) => one.top - other.top);
    return [...starting, ...reaching.reverse(), ...beside];
  }
}
