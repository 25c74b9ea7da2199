// Keeps the reader's page live. Without it the page is complete, and stays as it was sent.

import { Adverts } from "./adverts.js";
import { Announcer } from "./announce.js";
import { Filter } from "./filter.js";
import { arrived } from "./glide.js";
import { Guide } from "./guide.js";
import { Head } from "./head.js";
import { walkByKeys } from "./keys.js";
import { watchPictures } from "./missing.js";
import { Pin } from "./pin.js";
import { Place } from "./place.js";
import { Renderer } from "./render.js";
import { Connection } from "./sdk/connection.js";
import { pageLifecycle } from "./sdk/lifecycle.js";
import { silence } from "./silence.js";
import { Clock } from "./time.js";
import { Timeline } from "./timeline.js";
import { Turns } from "./turns.js";
import { count, say } from "./words.js";

const SIGNALS = new Set(["hello", "live"]); // change nothing on the page
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
  adverts: new Adverts(part("entries"), about.adverts ? JSON.parse(about.adverts) : null),
  onWaiting: showWaiting,
});
const guide = new Guide({ page, api, next: about.next, place, clock });
const filter = new Filter(place, applyFilter);
const known = new Map(); // entries that came while the page was open, by id
const pin = new Pin({ section: part("pin"), holder: part("pin-entry"), id: about.pin, place, renderer, find: findEntry });
let changed = () => {}; // renews the copy for reading without network
let seen = about.cursor; // the place in the log up to which the reader was shown everything
let { status } = about;
let readers = 0; // as the server last said; 0: it does not
let title = document.title;

clock.localise(document);
showConnection("none");
walkByKeys(part("entries"));
watchPictures(document, (change) => place.keep(change));
scrollers();
goToSharedEntry();

const turns = new Turns({
  turn: (take) => place.keep(take),
  act: apply,
  rest: arrived,
  done: () => {
    scrollers();
    if (!timeline.waiting) seen = connection.cursor;
    showPace();
    changed();
  },
});
const connection = new Connection(
  { url: location.origin, coverage: about.coverage, after: about.cursor },
  { messages: (messages) => turns.add(messages.filter(({ type }) => !SIGNALS.has(type))), state: showConnection },
);
if (status === "ended") {
  showConnection("ended"); // it is complete
} else {
  connection.start();
  pageLifecycle(connection);
}
setInterval(showPace, 20_000);
window.addEventListener("scroll", revealAtTop, { passive: true });
part("waiting").addEventListener("click", revealByButton);
part("older").addEventListener("click", loadOlder);
document.addEventListener("click", act);
if (newest) remember();
window.addEventListener("load", prepareOffline);

function apply(message) {
  switch (message.type) {
    case "entry.published":
      learn(message.entry);
      if (status === "scheduled") {
        status = "live";
        head.begin();
      }
      if (timeline.publish(message.entry)) announcer.update(message.entry);
      break;
    case "entry.revised":
    case "entry.retracted":
      learn(message.entry);
      pin.revise(message.entry);
      if (timeline.revise(message.entry) && message.type === "entry.retracted") {
        announcer.note(say("withdrawn_titled", { headline: message.entry.headline ?? "" }));
      }
      break;
    case "entry.deleted": {
      const { id } = message.entry ?? message;
      known.delete(id);
      guide.remove(id);
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
      message.entries.forEach(learn);
      showCoverage(message.coverage);
      if (newest) timeline.reset(message.entries, message.next);
      else message.entries.forEach((entry) => timeline.revise(entry));
      message.entries.forEach((entry) => pin.revise(entry));
      announcer.note(say("page_refreshed"));
      break;
    case "audience":
      readers = message.count;
      break;
    default: // of a newer server
  }
  part("nothing").hidden = timeline.articles.length > 0 || timeline.waiting > 0;
  showOlder();
}

function learn(entry) {
  known.set(entry.id, entry);
  guide.take(entry);
  filter.offer(entry);
}

function showCoverage(coverage) {
  ({ status, title } = coverage);
  head.show(coverage);
  if (newest) pin.move(coverage.pin);
  showTitle(timeline.waiting);
}

function showWaiting(waiting) {
  if (!waiting) seen = connection.cursor;
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
  showPace();
}

/** The state of the connection; how long nothing has come, as silence is not always a fault; who else reads. */
function showPace() {
  const shown = part("state");
  const { state } = shown.dataset;
  const words = state === "none" ? "" : say(`state_${state}`);
  const isLive = state === "live" && status === "live";
  const more = isLive && (silence(timeline.articles) || (readers > 0 && count("reading", readers)));
  const text = more ? `${words} · ${more}` : words;
  if (shown.textContent !== text) shown.textContent = text;
}

function revealByButton() {
  if (!newest) {
    location.assign(page);
    return;
  }
  timeline.reveal();
  place.goToNewest();
  timeline.articles.find((article) => !article.hidden)?.focus({ preventScroll: true });
}

function revealAtTop() {
  if (newest && timeline.waiting && place.follows) timeline.reveal();
}

async function applyFilter(takes, all) {
  timeline.filter(takes, all);
  // A few that match are looked for further down, so that a filter never seems to find nothing.
  for (let pages = 0; !all && pages < 3 && timeline.next && shownArticles() < 10 && timeline.takes === takes; pages++) {
    await appendOlder(200).catch(() => (pages = 3));
  }
  showOlder();
}

function shownArticles() {
  return timeline.articles.filter((article) => !article.hidden).length;
}

async function appendOlder(limit) {
  const answer = await fetch(`${api}/entries?limit=${limit}&before=${encodeURIComponent(timeline.next)}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { entries, next } = await answer.json();
  entries.forEach(learn);
  const first = await timeline.append(entries, next);
  scrollers();
  return first;
}

/** The buttons of entries. What they do is fetched when it is asked for. */
async function act({ target }) {
  const button = target.closest?.("button[data-act]");
  const article = button?.closest("article");
  if (!article) return;
  if (button.dataset.act === "revisions") {
    const { showRevisions } = await import("./revisions.js");
    await showRevisions(`${api}/entries/${encodeURIComponent(article.dataset.id)}/revisions`, clock).catch(() =>
      announcer.note(say("state_offline")),
    );
    return;
  }
  const { share } = await import("./share.js");
  const heading = article.querySelector(".entry-headline")?.textContent ?? title;
  if (!(await share(heading.trim(), article.querySelector(".entry-time").href))) return;
  button.textContent = say("copied");
  announcer.note(say("copied"));
  setTimeout(() => (button.textContent = say("share")), 3000);
}

/** What is not needed for reading comes when the browser has nothing better to do. */
async function remember() {
  const { Visit } = await import("./visit.js");
  const visit = new Visit({ coverage: about.coverage, api, list: part("entries"), seen: () => seen });
  visit.onOffer = (words) => announcer.note(words);
  await visit.greet(about.cursor).catch(() => {}); // offline: then nobody knows
}

async function prepareOffline() {
  const { keepOffline } = await import("./offline.js");
  changed = await keepOffline().catch(() => changed); // the browser may not allow it
}

async function loadOlder(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const link = part("older");
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  link.textContent = say("loading_older");
  try {
    const first = await appendOlder(50);
    if (link.matches(":focus-visible")) first?.focus({ preventScroll: true });
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

/** Wide tables, and key points higher than the window, can be scrolled by keyboard too. */
function scrollers() {
  for (const part of document.querySelectorAll(".text:not([tabindex]):has(table), .points:not([tabindex])")) {
    if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight) part.tabIndex = 0;
  }
}

/** A permalink leads to its entry, clear of the bar; without script a link at the top does. */
function goToSharedEntry() {
  const entry = about.focus && part(`e-${about.focus}`);
  if (!entry || location.hash || performance.getEntriesByType("navigation")[0]?.type === "back_forward") return;
  entry.scrollIntoView({ block: "start", behavior: "instant" });
  entry.focus({ preventScroll: true });
}
