// An entry as elements: the same markup as feed/pages/templates/{entry,blocks}.html, which tests/browser compares.

import { el, html } from "./element.js";
import { gap } from "./missing.js";
import { directionOf, language, say } from "./words.js";

const PLAYABLE =
  /^(?:https?:\/\/[^\/?#]*)?\/[^?#]*\.(?:mp4|m4v|webm|ogv|mov|m3u8|mp3|m4a|aac|ogg|oga|opus|wav|flac)(?![^?#])/i;
const VERBS = { story: "read", video: "watch", podcast: "listen", report: "report" };

export class Renderer {
  /** @param {string} coverage its id  @param {import("./time.js").Clock} clock */
  constructor(coverage, clock) {
    this.coverage = coverage;
    this.clock = clock;
  }

  /** `prefix` keeps ids apart where an entry is shown a second time, as the pinned one. */
  article(entry, prefix = "") {
    const kind = entry.kind ?? "update";
    const weight = entry.importance ?? 1;
    const classes = ["entry"];
    if (entry.key_event) classes.push("entry-key");
    if (kind !== "update") classes.push(`entry-${kind}`);
    if (weight > 1) classes.push(`entry-weight-${weight}`);
    if (entry.retraction) classes.push("entry-withdrawn");
    const attributes = {
      id: `${prefix}e-${entry.id}`,
      class: classes.join(" "),
      "data-id": entry.id,
      "data-at": entry.display_at,
      "data-revision": entry.revision,
      "aria-labelledby": prefix + (entry.headline ? "h-" : "t-") + entry.id,
      lang: entry.language,
      dir: entry.language && directionOf(entry.language),
      tabindex: prefix ? null : -1,
    };
    return el("article", attributes, [
      this.#head(entry, prefix, kind),
      this.#body(entry),
      (entry.corrections ?? []).map((correction) =>
        el("p", { class: "note note-correction" }, [
          el("strong", {}, say("correction")),
          " ",
          this.clock.short(correction.at, entry.display_at),
          " ",
          el("span", {}, correction.note),
        ]),
      ),
      this.#foot(entry),
    ]);
  }

  #head(entry, prefix, kind) {
    const { headline, retraction } = entry;
    return el("header", { class: "entry-head" }, [
      el("p", { class: "entry-meta", ...pageLanguage(entry) }, [
        el(
          "a",
          {
            class: "entry-time",
            id: `${prefix}t-${entry.id}`,
            href: `/c/${this.coverage}/e/${entry.id}`,
            title: say("permalink"),
          },
          this.clock.full(entry.display_at),
        ),
        entry.key_event && [" ", el("span", { class: "mark mark-key" }, say("key_event"))],
        kind !== "update" && [" ", el("span", { class: "mark mark-kind" }, say(`kind_${kind}`))],
      ].flat()),
      headline &&
        el(
          "h3",
          { class: "entry-headline", id: `${prefix}h-${entry.id}` },
          retraction ? el("del", {}, headline) : headline,
        ),
      entry.authors?.length && byline(entry.authors),
      retraction &&
        el("p", { class: "note note-withdrawn" }, [
          el("strong", {}, say("withdrawn")),
          " ",
          this.clock.short(retraction.at, entry.display_at),
          " ",
          el("span", {}, retraction.reason),
        ]),
      entry.verification && check(entry.verification),
    ]);
  }

  #body(entry) {
    if (!entry.blocks?.length) return null;
    const blocks = entry.blocks.map(block);
    return el("div", { class: "entry-body" }, entry.retraction ? el("del", {}, blocks) : blocks);
  }

  #foot(entry) {
    const changed = entry.revision > 1 && !entry.retraction;
    return el("footer", { class: "entry-foot" }, [
      entry.labels?.length &&
        el("ul", { class: "labels", "aria-label": say("labels") }, entry.labels.map((label) => el("li", {}, label))),
      changed &&
        action(entry, "entry-updated", "revisions", say("what_changed"), [
          say("updated"),
          " ",
          this.clock.short(entry.updated_at, entry.display_at),
        ]),
      action(entry, "entry-share", "share", null, say("share")),
    ]);
  }
}

/** What a button does is the page's work: it hears of all of them. */
function action(entry, name, act, title, ...words) {
  return el("button", { type: "button", class: name, "data-act": act, title, ...pageLanguage(entry) }, ...words);
}

/** Where an entry is in another language, the page's own words in it still are not. */
function pageLanguage(entry) {
  return entry.language ? { lang: language(), dir: directionOf(language()) } : {};
}

export function byline(authors) {
  return el("p", { class: "byline" }, [
    el("span", { class: "by" }, say("by")),
    ...authors.flatMap((author) => [
      " ",
      el("span", { class: "author" }, [
        author.avatar &&
          el("img", {
            class: "avatar",
            src: author.avatar,
            alt: "",
            width: 28,
            height: 28,
            loading: "lazy",
            decoding: "async",
          }),
        author.url
          ? el("a", { rel: "author", href: author.url }, author.name)
          : el("span", { class: "author-name" }, author.name),
        ...(author.tagline ? [" ", el("span", { class: "tagline" }, author.tagline)] : []),
      ]),
    ]),
  ]);
}

function check({ status, by, note }) {
  return el("p", { class: `note note-${status}` }, [
    el("strong", {}, by ? say(`${status}_by`, { by }) : say(status)),
    ...(note ? [" ", el("span", {}, note)] : []),
  ]);
}

function block(data) {
  switch (data.type) {
    case "text":
      return html("div", { class: "text" }, data.html);
    case "quote":
      return el("figure", { class: "quote" }, [
        html("blockquote", {}, data.html),
        data.by && el("figcaption", {}, data.by),
      ]);
    case "image":
      return picture(data);
    case "gallery":
      return el("div", { class: "gallery" }, data.images.map((image) => picture(image)));
    case "video":
      return playable(data)
        ? media(data, "watch", "video", { playsinline: true, poster: data.poster })
        : outward("video", "watch", data.url, data.title ?? data.url, data.caption);
    case "audio":
      return playable(data)
        ? media(data, "listen", "audio", {})
        : outward("podcast", "listen", data.url, data.title ?? data.url, data.caption);
    case "embed":
      return embed(data);
    case "link":
      return card(data);
    default:
      return null; // a kind of block that a newer server knows
  }
}

export function picture(data, eager = false) {
  if (!data.url) {
    return el("figure", { class: "picture picture-absent" }, [
      el("p", { class: "picture-note" }, say("no_picture")),
      data.alt && !data.caption && el("p", { class: "picture-alt" }, data.alt),
      wordsOf(data),
    ]);
  }
  const sized = data.width && data.height;
  const shape = !sized ? " picture-unsized" : data.height > data.width ? " picture-tall" : "";
  return el("figure", { class: `picture${shape}` }, [
    el("img", {
      src: data.url,
      alt: data.alt ?? "",
      width: sized ? data.width : null,
      height: sized ? data.height : null,
      fetchpriority: eager ? "high" : null,
      loading: eager ? null : "lazy",
      decoding: "async",
    }),
    gap(data.url, data.alt),
    wordsOf(data),
  ]);
}

function wordsOf({ caption, credit }) {
  if (!caption && !credit) return null;
  return el("figcaption", {}, [
    caption && el("span", { class: "caption" }, caption),
    caption && credit && " ",
    credit && el("span", { class: "credit" }, `[${credit}]`),
  ]);
}

function playable({ url }) {
  return PLAYABLE.test(url); // no parser: an address it does not take would take the entry with it
}

function media(data, verb, tag, attributes) {
  return el("figure", { class: "media" }, [
    data.title &&
      el("p", { class: "media-title" }, [el("span", { class: "card-kind" }, say(verb)), " ", data.title]),
    el(tag, {
      controls: true,
      preload: "none",
      src: data.url,
      ...attributes,
      "aria-label": data.title || data.caption || say(verb),
    }),
    wordsOf(data),
  ]);
}

function embed(data) {
  const provider = data.provider || say("embed_elsewhere");
  return el("div", { class: "embed" }, [
    el("a", { class: "embed-link", href: data.url, rel: "noopener nofollow" }, [
      el("span", { class: "card-kind" }, say("embed", { provider })),
      " ",
      el("span", { class: "card-title" }, data.title || data.url),
    ]),
    el("p", { class: "embed-note" }, say("embed_note", { provider })),
  ]);
}

export function card(reference) {
  const kind = reference.kind ?? "story";
  return outward(kind, VERBS[kind], reference.url, reference.title, reference.summary);
}

function outward(kind, verb, url, title, summary) {
  return el("a", { class: `card card-${kind}`, href: url }, [
    el("span", { class: "card-kind" }, say(verb)),
    " ",
    el("span", { class: "card-title" }, title),
    ...(summary ? [" ", el("span", { class: "card-summary" }, summary)] : []),
  ]);
}
