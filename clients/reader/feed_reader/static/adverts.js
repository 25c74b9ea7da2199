// Places for advertisements between the entries. Their height is kept from the first moment, and none is ever put
// between two entries that are already there: so nothing that is being read moves for one.

import { el } from "./element.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

export class Adverts {
  /** @param {HTMLElement} list  the entries  @param {{every: number, label: string, height: number}|null} plan */
  constructor(list, plan) {
    this.list = list;
    this.plan = plan;
  }

  /** Where slots go among `count` new entries that come in above all others: after which of them, newest first. */
  above(count) {
    const after = new Set();
    if (!this.plan) return after;
    let run = this.#between(this.list.firstElementChild, this.list.querySelector(".advert"));
    for (let index = count - 1; index >= 0; index--) {
      if (run >= this.plan.every) {
        after.add(index);
        run = 0;
      }
      run++;
    }
    return after;
  }

  /** The slot that comes with a new article, below it. */
  after(article) {
    article.after(this.#slot());
    this.#tell(article.nextElementSibling);
  }

  /** Before an older entry is added below all others. */
  below() {
    const last = [...this.list.querySelectorAll(".advert")].at(-1);
    const start = last ? last.nextElementSibling : this.list.firstElementChild;
    if (!this.plan || this.#between(start, null) < this.plan.every) return;
    this.list.append(this.#slot());
    this.#tell(this.list.lastElementChild);
  }

  /** Articles are gone: no two slots lie next to each other, and none at an end. */
  tidy() {
    for (const slot of this.list.querySelectorAll(".advert")) {
      if (slot.previousElementSibling?.localName !== "article" || !slot.nextElementSibling) slot.remove();
    }
  }

  #between(from, to) {
    let articles = 0;
    for (let one = from; one && one !== to; one = one.nextElementSibling) articles += one.localName === "article";
    return articles;
  }

  #slot() {
    const { label, height } = this.plan;
    const space = document.createElementNS(NAMESPACE, "svg");
    space.setAttribute("class", "advert-space");
    space.setAttribute("width", "1");
    space.setAttribute("height", height);
    space.setAttribute("aria-hidden", "true");
    return el("div", { class: "advert" }, [el("span", { class: "advert-label" }, label), space]);
  }

  /** Who fills the slots hears of a new one by this event; those that the server sent are in the page. */
  #tell(slot) {
    slot.dispatchEvent(new CustomEvent("feed:advert", { bubbles: true }));
  }
}
