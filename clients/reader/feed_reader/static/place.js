// The reader's place. Whatever changes above it, the text being read stays where it is on the screen.

import { glide } from "./glide.js";

const AT_TOP = 16; // pixels: a finger that rests on the screen scrolls by a few
const HEAD = ".head, .notice, .points, .guide, .pin, .filter, .nothing, .older, .related";
const HOLDERS = ".updates, .entries"; // move as one where they begin on the screen
const ASIDE = ".points, .guide, .related"; // in a column of their own on wide screens
const LANDMARKS = "p, li, h1, h2, h3, h4, figure, blockquote, pre, tr, footer, .card, .text, .head-words, .head-picture, #authors";

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

  /** Runs `change`; what is read does not move, to the pixel, and what has to move around it glides. */
  keep(change) {
    if (this.#depth > 0) return change();
    this.#depth++;
    try {
      const marks = this.#marks();
      const shown = new Set(parts());
      const result = change();
      const mark = !this.#atTop() && this.#kept(marks);
      if (mark) {
        const moved = mark.element.getBoundingClientRect().top - mark.top;
        if (moved !== 0) window.scrollBy({ top: moved, behavior: "instant" });
      }
      glide(marks, parts().filter((part) => !shown.has(part)));
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

  /** Of what was on the screen, what is still there: what began on it, from the top; what began above; what is beside. */
  #kept(marks) {
    const top = this.bar.getBoundingClientRect().bottom;
    const on = marks.filter((mark) => !mark.fixed && mark.top < window.innerHeight && mark.bottom > top);
    const beside = on.filter(({ aside }) => aside);
    const begun = on.filter((mark) => !mark.aside && mark.top >= top).sort((one, other) => one.top - other.top);
    const reaching = on.filter((mark) => !mark.aside && mark.top < top).reverse();
    return [...begun, ...reaching, ...beside].find(({ element }) => isShown(element));
  }

  /** What is on the screen, and a screen above and below it: in the order of the document, with where it is. */
  #marks() {
    const { innerHeight } = window;
    const marks = [];
    for (const element of document.querySelectorAll(HOLDERS)) {
      const { top, bottom } = element.getBoundingClientRect();
      if (top > 0 && top < 2 * innerHeight) marks.push({ element, top, bottom, fixed: true });
    }
    for (const part of [...parts(), ...this.#entriesAround(-innerHeight, 2 * innerHeight)]) {
      const box = part.getBoundingClientRect();
      if (box.top >= 2 * innerHeight || box.bottom <= -innerHeight) continue;
      const aside = part.matches(ASIDE);
      const fixed = getComputedStyle(part).position === "sticky"; // stays in place whatever happens
      for (const element of [part, ...part.querySelectorAll(LANDMARKS)]) {
        const { top, bottom } = element.getBoundingClientRect();
        if (top < bottom) marks.push({ element, top, bottom, aside, fixed });
      }
    }
    return marks;
  }

  /** Of the list's children, those between two heights: found by halves, since there may be hundreds. */
  #entriesAround(top, bottom) {
    const { children } = this.list;
    if (this.list.hasAttribute("data-filtered")) return [...children];
    let from = 0;
    for (let to = children.length; from < to; ) {
      const middle = (from + to) >> 1;
      if (children[middle].getBoundingClientRect().bottom > top) to = middle;
      else from = middle + 1;
    }
    const found = [];
    for (let at = from; at < children.length && children[at].getBoundingClientRect().top < bottom; at++) {
      found.push(children[at]);
    }
    return found;
  }
}

function parts() {
  return [...document.querySelectorAll(HEAD)].filter(isShown);
}

function isShown(element) {
  return element.isConnected && element.getClientRects().length > 0;
}
