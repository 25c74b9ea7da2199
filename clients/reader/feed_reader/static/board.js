// A coverage inside somebody else's page: compact, in a shadow root, with its own place to scroll. What takes room or
// belongs to a page of its own (filters, revisions, sharing, older updates) is behind the link to the coverage's page.

import { Adverts } from "./adverts.js";
import { el, fill } from "./element.js";
import { watchPictures } from "./missing.js";
import { Pin } from "./pin.js";
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
  #over = false; // what it still waits for is of no use

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
    const limit = this.host.getAttribute("limit") ?? 20;
    const style = el("link", { rel: "stylesheet", href: new URL("board.css", import.meta.url).href });
    const styled = new Promise((done) => (style.onload = style.onerror = done));
    fill(this.root, style);
    try {
      const timeline = await read(`${this.api}/entries?limit=${encodeURIComponent(limit)}`);
      const coverage = await read(this.api);
      this.#words = await this.#wordsFor(coverage.language);
      await styled; // before that it would be shown, and then move
      if (!this.#over) await this.#build(coverage, timeline);
    } catch {
      if (this.#over) return;
      // The page is not ours: it gets a link where it can get no more.
      fill(this.root, el("a", { href: this.address.href }, this.address.href));
    }
  }

  close() {
    this.#over = true;
    this.#forget();
    this.#connection?.close();
    this.#connection = null;
    this.root.replaceChildren();
  }

  async #wordsFor(language) {
    const words = (tag) => read(new URL(`words/${tag}.json`, import.meta.url));
    const english = await words("en");
    const primary = language.toLowerCase().split("-")[0];
    return { ...english, ...(primary === "en" ? {} : await words(primary).catch(() => ({}))) };
  }

  async #build(coverage, { entries, cursor, next }) {
    this.language = coverage.language;
    speak(this.#words, this.language);
    const outward = { href: this.address.href, target: "_blank", rel: "noopener" };
    this.title = el("a", outward);
    this.status = el("span", { class: "status", role: "status" });
    this.closed = el("p", { class: "closed", hidden: true });
    this.list = el("div", { class: "entries" });
    this.waiting = el("button", { type: "button", class: "waiting", hidden: true });
    this.older = el("p", { class: "older" }, el("a", outward, say("older")));
    const holder = el("div", {});
    const pinned = el("section", { class: "pin", "aria-label": say("pinned"), hidden: true }, [
      el("p", { class: "pin-title" }, say("pinned")),
      holder,
    ]);
    this.view = el("div", { class: "view", tabindex: 0, role: "region" }, [this.closed, pinned, this.list, this.older]);
    const frame = el("section", { class: "frame", lang: this.language, dir: directionOf(this.language) }, [
      el("header", {}, [this.status, el("h2", { id: "updates-title" }, this.title)]),
      el("div", { class: "body" }, [this.waiting, this.view]),
    ]);
    this.root.append(frame);
    watchPictures(frame, (change) => {
      speak(this.#words, this.language);
      this.#keep(change);
    });
    const place = this.#place();
    const clock = new Clock(coverage.timezone);
    const written = new Renderer(this.id, clock);
    // Another element on the page may have spoken another language since.
    const article = (...what) => {
      speak(this.#words, this.language);
      return written.article(...what);
    };
    const renderer = { clock, article };
    this.timeline = new Timeline({
      list: this.list,
      place,
      renderer,
      newest: true,
      next: "",
      adverts: new Adverts(this.list, null),
      onWaiting: (waiting) => this.#wait(waiting),
    });
    const find = (id) => entries.find((entry) => entry.id === id) ?? read(`${this.api}/entries/${id}`).catch(() => null);
    this.pin = new Pin({ section: pinned, holder, id: "", place, renderer, find });
    this.#head(coverage);
    await this.timeline.append(entries, next);
    this.#finish();
    this.waiting.addEventListener("click", () => this.#reveal());
    this.view.addEventListener("scroll", () => {
      if (this.timeline.waiting && place.follows) this.#reveal();
    });
    if (this.#over || coverage.status === "ended") return;
    const at = { url: this.address.origin, coverage: this.id, after: cursor };
    this.#connection = new Connection(at, { messages: (messages) => this.#take(messages) });
    this.#connection.start();
    this.#forget = pageLifecycle(this.#connection);
  }

  /** Where somebody reads is a place in the element, not on the page around it. */
  #place() {
    const { view } = this;
    return {
      get follows() {
        return document.visibilityState === "visible" && view.scrollTop < 16;
      },
      keep: (change) => this.#keep(change),
    };
  }

  #take(messages) {
    speak(this.#words, this.language);
    this.#keep(() => {
      for (const { type, entry, coverage, entries, id, next } of messages) {
        if (type === "entry.published") this.timeline.publish(entry);
        else if (type === "entry.revised" || type === "entry.retracted") this.timeline.revise(entry);
        else if (type === "entry.deleted") this.timeline.remove(entry?.id ?? id);
        else if (type === "snapshot") this.timeline.reset(entries, next);
        if (type === "entry.deleted") this.pin.remove(entry?.id ?? id);
        else if (entry) this.pin.revise(entry);
        if (coverage?.id) this.#head(coverage); // a hello names it only
      }
    });
    this.#finish();
  }

  #head({ title, status, pin, successor }) {
    this.title.textContent = title;
    this.view.ariaLabel = title;
    this.status.textContent = say(status);
    this.status.dataset.status = status;
    this.closed.hidden = status !== "ended";
    const on = successor && [say("continues"), " ", el("a", { href: successor.url }, successor.title)];
    fill(this.closed, el("strong", {}, say("closed")), " ", on);
    this.pin.move(pin).then(() => this.#finish());
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
    this.older.hidden = !this.timeline.next;
    for (const button of this.view.querySelectorAll("[data-act]")) {
      if (button.dataset.act === "revisions") button.replaceWith(el("span", { class: "entry-updated" }, [...button.childNodes]));
      else button.remove();
    }
    for (const element of this.view.querySelectorAll(ADDRESSES)) {
      for (const name of ["href", "src", "poster"]) {
        const value = element.getAttribute(name);
        if (value?.startsWith("/")) element.setAttribute(name, this.address.origin + value);
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

async function read(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} at ${url}`);
  return answer.json();
}
