// Keeps the reader's page live. Without it the page is complete, and stays as it was sent.

import { Announcer } from "./announce.js";
import { Connection } from "./connection.js";
import { Head } from "./head.js";
import { walkByKeys } from "./keys.js";
import { Pin } from "./pin.js";
import { Place } from "./place.js";
import { Renderer } from "./render.js";
import { Clock } from "./time.js";
import { Timeline } from "./timeline.js";
import { count, say } from "./words.js";

const about = document.querySelector("script[data-coverage]").dataset;
const part = (id) => document.getElementById(id);
const api = `/v1/coverages/${encodeURIComponent(about.coverage)}`;
const page = `/c/${encodeURIComponent(about.coverage)}`;
const newest = !about.before;

const clock = new Clock(about.zone);
const renderer = new Renderer(about.coverage, clock);
const place = new Place(part("entries"), document.querySelector(".bar"));
const announcer = new Announcer(part("announcer"));
const head = new Head(clock, place);
const timeline = new Timeline({
  list: part("entries"),
  place,
  renderer,
  newest,
  next: about.next,
  onWaiting: showWaiting,
});
const known = new Map(); // entries that came while the page was open, by id
const pin = new Pin({ id: about.pin, place, renderer, find: findEntry });
let { status } = about;
let title = document.title;

clock.localise(document);
showConnection("none");
walkByKeys(part("entries"));
scrollers();
goToSharedEntry();

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(`${scheme}//${location.host}${api}/live`, about.cursor, {
  messages: (messages) => {
    place.keep(() => messages.forEach(apply));
    scrollers();
  },
  state: showConnection,
});
if (status === "ended") {
  showConnection("ended"); // it is complete
} else {
  connection.start();
  window.addEventListener("online", () => connection.probe());
  window.addEventListener("offline", () => connection.lost());
  window.addEventListener("pagehide", () => connection.suspend());
  window.addEventListener("pageshow", (event) => event.persisted && connection.probe());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.probe();
  });
}
window.addEventListener("scroll", revealAtTop, { passive: true });
part("waiting").addEventListener("click", revealByButton);
part("older").addEventListener("click", loadOlder);

function apply(message) {
  switch (message.type) {
    case "entry.published":
      known.set(message.entry.id, message.entry);
      if (status === "scheduled") {
        status = "live";
        head.begin();
      }
      if (timeline.publish(message.entry)) announcer.update(message.entry);
      break;
    case "entry.revised":
    case "entry.retracted":
      known.set(message.entry.id, message.entry);
      pin.revise(message.entry);
      if (timeline.revise(message.entry) && message.type === "entry.retracted") {
        announcer.note(say("withdrawn_titled", { headline: message.entry.headline ?? "" }));
      }
      break;
    case "entry.deleted": {
      const { id } = message.entry ?? message;
      known.delete(id);
      pin.remove(id);
      timeline.remove(id);
      break;
    }
    case "coverage.changed":
    case "coverage.reopened":
      showCoverage(message.coverage);
      break;
    case "coverage.ended":
      showCoverage(message.coverage);
      announcer.note(say("closed"));
      break;
    case "snapshot":
      for (const entry of message.entries) known.set(entry.id, entry);
      showCoverage(message.coverage);
      if (newest) timeline.reset(message.entries, message.next);
      else message.entries.forEach((entry) => timeline.revise(entry));
      message.entries.forEach((entry) => pin.revise(entry));
      announcer.note(say("page_refreshed"));
      break;
    default: // of a newer server
  }
  part("nothing").hidden = timeline.articles.length > 0 || timeline.waiting > 0;
  showOlder();
}

function showCoverage(coverage) {
  ({ status, title } = coverage);
  head.show(coverage);
  if (newest) pin.move(coverage.pin);
  showTitle(timeline.waiting);
}

function showWaiting(waiting) {
  const button = part("waiting");
  button.hidden = waiting === 0;
  if (waiting) button.textContent = count("new_updates", waiting);
  showTitle(waiting);
}

function showTitle(waiting) {
  document.title = waiting ? `(${waiting}) ${title}` : title;
}

function showConnection(state) {
  const shown = part("state");
  shown.dataset.state = state;
  shown.textContent = state === "none" ? "" : say(`state_${state}`);
}

function revealByButton() {
  if (!newest) {
    location.assign(page);
    return;
  }
  const [first] = timeline.reveal();
  place.goToNewest();
  first?.focus({ preventScroll: true });
}

function revealAtTop() {
  if (newest && timeline.waiting && place.follows) timeline.reveal();
}

async function loadOlder(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const link = part("older");
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  link.textContent = say("loading_older");
  try {
    const answer = await fetch(`${api}/entries?before=${encodeURIComponent(timeline.next)}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const { entries, next } = await answer.json();
    const first = timeline.append(entries, next);
    if (link.matches(":focus-visible")) first?.focus({ preventScroll: true });
    scrollers();
  } catch {
    location.assign(link.href); // the page behind the link is the same, and says what is wrong
    return;
  } finally {
    link.ariaBusy = null;
    link.textContent = say("older");
  }
  showOlder();
}

function showOlder() {
  const link = part("older");
  link.parentElement.hidden = !timeline.next;
  link.href = `${page}?before=${encodeURIComponent(timeline.next)}`;
}

async function findEntry(id) {
  if (known.has(id)) return known.get(id);
  try {
    const answer = await fetch(`${api}/entries/${encodeURIComponent(id)}`);
    if (!answer.ok) return null;
    const body = await answer.json();
    return body.entry ?? body;
  } catch {
    return null;
  }
}

/** Wide tables can be scrolled by keyboard too. */
function scrollers() {
  for (const text of document.querySelectorAll(".text:not([tabindex]):has(table)")) {
    if (text.scrollWidth > text.clientWidth) text.tabIndex = 0;
  }
}

/** A permalink leads to its entry, clear of the bar; without script a link at the top does. */
function goToSharedEntry() {
  const entry = about.focus && part(`e-${about.focus}`);
  if (!entry || location.hash || performance.getEntriesByType("navigation")[0]?.type === "back_forward") return;
  entry.scrollIntoView({ block: "start", behavior: "instant" });
  entry.focus({ preventScroll: true });
}
