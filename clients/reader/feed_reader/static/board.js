// A coverage inside somebody else's page: compact, in a shadow root, with its own place to scroll.

import { Adverts } from "./adverts.js";
import { el, fill } from "./element.js";
import { Renderer } from "./render.js";
import { Connection } from "./sdk/connection.js";
import { pageLifecycle } from "./sdk/lifecycle.js";
import { Clock } from "./time.js";
import { Timeline } from "./timeline.js";
import { count, directionOf, say, speak } from "./words.js";

const ADDRESSES = "[href], [src], [poster]";

export class Board {
  #connection = null;
  #forget = () => {}; // ends listening to the page's sleep
  #words = null;

  /** @param {HTMLElement} host  @param {URL} address  of the coverage's page */
  constructor(host, address) {
    this.host = host;
    this.address = address;
    this.root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const id = address.pathname.split("/c/")[1]?.split("/")[0] ?? "";
    this.id = decodeURIComponent(id);
    this.api = new URL(`/v1/coverages/${id}`, address.origin).href;
  }

  async open() {
    const get = async (url) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${answer.status} at ${url}`);
      return answer.json();
    };
    const limit = this.host.getAttribute("limit") ?? 20;
    try {
      const timeline = await get(`${this.api}/entries?limit=${encodeURIComponent(limit)}`);
      const coverage = await get(this.api);
      this.#words = await this.#wordsFor(coverage.language, get);
      await this.#build(coverage, timeline);
    } catch {
      // The page is not ours: it gets a link where it can get no more.
      fill(this.root, el("a", { href: this.address.href }, this.address.href));
    }
  }

  close() {
    this.#forget();
    this.#connection?.close();
    this.#connection = null;
    this.root.replaceChildren();
  }

  async #wordsFor(language, get) {
    const read = (tag) => get(new URL(`words/${tag}.json`, import.meta.url));
    const english = await read("en");
    const primary = language.toLowerCase().split("-")[0];
    return { ...english, ...(primary === "en" ? {} : await read(primary).catch(() => ({}))) };
  }

  async #build(coverage, { entries, cursor, next }) {
    this.language = coverage.language;
    speak(this.#words, this.language);
    const clock = new Clock(coverage.timezone);
    this.title = el("a", { href: this.address.href, target: "_blank", rel: "noopener" });
    this.status = el("span", { class: "status", role: "status" });
    this.list = el("div", { class: "entries" });
    this.waiting = el("button", { type: "button", class: "waiting", hidden: true });
    this.view = el("div", { class: "view", tabindex: 0, role: "region" }, [this.list]);
    const direction = directionOf(this.language);
    const frame = el("section", { class: "frame", lang: this.language, dir: direction }, [
      el("header", {}, [this.status, el("h2", { id: "updates-title" }, this.title)]),
      el("div", { class: "body" }, [this.waiting, this.view]),
    ]);
    const style = el("link", { rel: "stylesheet", href: new URL("board.css", import.meta.url).href });
    fill(this.root, style, frame);
    const { view } = this;
    const place = {
      get follows() {
        return document.visibilityState === "visible" && view.scrollTop < 16;
      },
      keep: (change) => this.#keep(change),
    };
    this.timeline = new Timeline({
      list: this.list,
      place,
      renderer: new Renderer(this.id, clock),
      newest: true,
      next: "",
      adverts: new Adverts(this.list, null),
      onWaiting: (waiting) => this.#wait(waiting),
    });
    await this.timeline.append(entries, next);
    this.#head(coverage);
    this.#finish();
    this.waiting.addEventListener("click", () => this.#reveal());
    this.view.addEventListener("scroll", () => {
      if (this.timeline.waiting && this.timeline.place.follows) this.#reveal();
    });
    if (coverage.status === "ended") return;
    const at = { url: this.address.origin, coverage: this.id, after: cursor };
    this.#connection = new Connection(at, { messages: (messages) => this.#take(messages) });
    this.#connection.start();
    this.#forget = pageLifecycle(this.#connection);
  }

  #take(messages) {
    speak(this.#words, this.language); // another element may have spoken since
    for (const { type, entry, coverage, entries, id, next } of messages) {
      if (type === "entry.published") this.timeline.publish(entry);
      else if (type === "entry.revised" || type === "entry.retracted") this.timeline.revise(entry);
      else if (type === "entry.deleted") this.timeline.remove(entry?.id ?? id);
      else if (type === "snapshot") this.timeline.reset(entries, next);
      if (coverage) this.#head(coverage);
    }
    this.#finish();
  }

  #head({ title, status }) {
    this.title.textContent = title;
    this.view.ariaLabel = title;
    this.status.textContent = say(status);
    this.status.dataset.status = status;
  }

  #reveal() {
    speak(this.#words, this.language);
    this.timeline.reveal();
    this.view.scrollTop = 0;
    this.#finish();
  }

  #wait(waiting) {
    this.waiting.hidden = waiting === 0;
    if (waiting) this.waiting.textContent = count("new_updates", waiting);
  }

  /** Addresses are those of the coverage's site, and what belongs to its page only is left out. */
  #finish() {
    for (const button of this.list.querySelectorAll("[data-act]")) button.disabled = true;
    for (const element of this.list.querySelectorAll(ADDRESSES)) {
      for (const name of ["href", "src", "poster"]) {
        const value = element.getAttribute(name);
        if (value?.startsWith("/")) element.setAttribute(name, new URL(value, this.address).href);
      }
      if (element.localName === "a") element.target = "_blank";
    }
  }

  /** What is read inside the element stays where it is. */
  #keep(change) {
    const top = this.view.getBoundingClientRect().top;
    const mark = this.timeline.articles.find((article) => article.getBoundingClientRect().bottom > top);
    const before = mark?.getBoundingClientRect().top;
    const result = change();
    if (mark?.isConnected && this.view.scrollTop > 0) this.view.scrollTop += mark.getBoundingClientRect().top - before;
    return result;
  }
}
