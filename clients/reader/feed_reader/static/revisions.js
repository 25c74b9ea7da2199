// What an entry said before: every revision with the words that came and went. Loaded when a reader asks.

import { diffWords } from "./diff.js";
import { el } from "./element.js";
import { directionOf, say } from "./words.js";

const AROUND = 90; // characters of unchanged text that are shown on either side of a change
const BREAKS = "p, li, h3, h4, blockquote, tr, pre, br";

/**
 * Opens a dialog; the focus returns to where it was when it is closed.
 * @param {string} url  …/entries/{id}/revisions
 * @param {import("./time.js").Clock} clock
 */
export async function showRevisions(url, clock) {
  const [answer] = await Promise.all([fetch(url), styled()]);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { revisions } = await answer.json();
  const close = el("button", { type: "button", class: "button-plain", autofocus: true }, say("close"));
  const dialog = el("dialog", { class: "revisions", "aria-labelledby": "revisions-title" }, [
    el("header", { class: "revisions-head" }, [el("h2", { id: "revisions-title" }, say("what_changed")), close]),
    el("ol", { class: "revisions-list" }, revisions.map((one, index) => item(one, revisions[index - 1], clock)).reverse()),
  ]);
  clock.localise(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The style of the dialog, once. Without it the words are still there. */
function styled() {
  const href = new URL("revisions.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = el("link", { rel: "stylesheet", href });
  return new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}

function item(revision, before, clock) {
  const note = (revision.corrections ?? []).length > (before?.corrections ?? []).length && revision.corrections.at(-1);
  const language = revision.language ? { lang: revision.language, dir: directionOf(revision.language) } : {};
  return el("li", {}, [
    el("p", { class: "revision-when" }, [
      say(before ? (revision.retraction ? "withdrawn" : "updated") : "first_version"),
      " ",
      clock.full(before ? revision.updated_at : revision.published_at),
    ]),
    note && el("p", { class: "note note-correction" }, [el("strong", {}, say("correction")), " ", note.note]),
    revision.retraction && el("p", { class: "note note-withdrawn" }, revision.retraction.reason),
    before
      ? el("p", { class: "revision-text", ...language }, changes(textOf(before), textOf(revision)))
      : el("p", { class: "revision-text revision-first", ...language }, textOf(revision)),
  ]);
}

function changes(before, after) {
  const runs = diffWords(before, after);
  if (runs.every(({ kind }) => kind === "same")) return el("em", {}, say("same_words"));
  return runs.map(({ kind, text }, index) =>
    kind === "same" ? abridged(text, index > 0, index < runs.length - 1) : el(kind, {}, text),
  );
}

/** Of what stayed the same only as much as shows where one is. */
function abridged(text, follows, leads) {
  const shown = (follows ? AROUND : 0) + (leads ? AROUND : 0);
  if (text.length <= shown + 40) return text;
  const start = follows ? text.slice(0, AROUND).replace(/\S*$/, "") : "";
  const end = leads ? text.slice(-AROUND).replace(/^\S*/, "") : "";
  return `${start} […] ${end}`;
}

/** The words of an entry, a line per paragraph. What was struck in it is not of them. */
function textOf({ headline, blocks }) {
  return [headline, ...(blocks ?? []).map(wordsOf)].filter(Boolean).join("\n");
}

function wordsOf(block) {
  if (block.html === undefined) {
    const about = block.images?.map(({ alt, caption }) => caption ?? alt) ?? [block.title ?? block.caption ?? block.alt];
    return `[${about.filter(Boolean).join("; ") || block.url || block.type}]`;
  }
  const { body } = new DOMParser().parseFromString(block.html, "text/html");
  for (const struck of body.querySelectorAll("del, s")) struck.remove();
  for (const cell of body.querySelectorAll("td + td, th + th, th + td")) cell.prepend(" · ");
  for (const element of body.querySelectorAll(BREAKS)) element.append("\n");
  const lines = body.textContent.split("\n").map((line) => line.replace(/\s+/g, " ").trim());
  return lines.filter(Boolean).join("\n") + (block.by ? `\n— ${block.by}` : "");
}
