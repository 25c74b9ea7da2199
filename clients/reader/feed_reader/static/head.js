// The head of the page: what a coverage says of itself, changed in place. Twin of feed/pages/templates/coverage.html.

import { el, fill, html } from "./element.js";
import { patchChildren } from "./patch.js";
import { byline, card, picture } from "./render.js";
import { say } from "./words.js";

export class Head {
  /** @param {import("./time.js").Clock} clock  @param {import("./place.js").Place} place */
  constructor(clock, place) {
    this.clock = clock;
    this.place = place;
    const bar = part("bar-title");
    bar.textContent = part("title").textContent;
    const above = ([{ isIntersecting, boundingClientRect }]) =>
      bar.toggleAttribute("data-shown", !isIntersecting && boundingClientRect.top < 0);
    new IntersectionObserver(above).observe(part("title"));
  }

  show(coverage) {
    this.place.keep(() => {
      part("title").textContent = part("bar-title").textContent = coverage.title;
      this.#status(coverage);
      this.#words(coverage);
      this.#closed(coverage);
      this.#begins(coverage);
    });
  }

  /** The first entry makes a scheduled coverage live. */
  begin() {
    this.place.keep(() => {
      this.#status({ status: "live" });
      this.#begins({ status: "live" });
    });
  }

  #status({ status }) {
    const badge = part("badge");
    badge.className = `badge badge-${status}`;
    badge.textContent = say(status);
  }

  #words(coverage) {
    const standfirst = part("standfirst");
    change(standfirst, html("p", {}, coverage.summary ?? ""));
    standfirst.hidden = !coverage.summary;
    change(part("authors"), coverage.authors?.length ? byline(coverage.authors) : null);
    const points = coverage.key_points ?? [];
    change(part("points-list"), points.map((point) => html("li", {}, point)));
    part("points").hidden = points.length === 0;
    const links = coverage.links ?? [];
    change(part("related-list"), links.map((link) => card(link)));
    part("related").hidden = links.length === 0;
    change(part("picture"), coverage.image ? picture(coverage.image, true) : null);
    const dates = part("dates");
    dates.hidden = coverage.status === "scheduled";
    this.#fill(dates, say("published_on"), " ", this.clock.full(coverage.started_at ?? coverage.created_at));
  }

  #closed({ status, ended_at: at, successor }) {
    const closed = part("closed");
    closed.hidden = status !== "ended";
    if (closed.hidden) return fill(closed);
    return this.#fill(
      closed,
      el("p", { class: "notice-title" }, say("closed")),
      at && el("p", {}, say("closed_at"), " ", this.clock.full(at)),
      successor &&
        el("p", { class: "successor" }, say("continues"), " ", el("a", { href: successor.url }, successor.title)),
    );
  }

  #begins({ status, starts_at: at }) {
    const begins = part("begins");
    begins.hidden = status !== "scheduled";
    if (begins.hidden) return fill(begins);
    const later = at && Date.parse(at) > Date.now();
    const when = later ? [say("begins_at"), " ", this.clock.full(at)] : say("begins_soon");
    return this.#fill(begins, el("p", { class: "notice-title" }, when));
  }

  #fill(element, ...children) {
    fill(element, ...children);
    this.clock.localise(element);
  }
}

function part(id) {
  return document.getElementById(id);
}

/** Puts `children` into `element`, or the children of one that is of the same tag; equal nodes stay. */
function change(element, children) {
  const fresh = children instanceof Element && children.tagName === element.tagName ? children : el("div", {}, children);
  patchChildren(element, fresh);
}
