#!/usr/bin/env node
// Follows a coverage in the terminal until it ends: node examples/tail.js http://127.0.0.1:8000 eddersea-surge
//
// FEED_TOKEN is used for private coverages. Ctrl-C leaves.

import { parseArgs, styleText } from "node:util";
import { follow } from "feed-live-client";

/** @typedef {import("feed-live-client").Entry} Entry */
/** @typedef {import("feed-live-client").Block} Block */
/** @typedef {Parameters<typeof styleText>[0]} Style */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { limit: { type: "string", default: "10" }, help: { type: "boolean", short: "h" } },
});
const [url = "", id = ""] = positionals;
if (values.help || !url || !id) {
  console.log("usage: node examples/tail.js URL COVERAGE [--limit 10]");
  process.exit(values.help ? 0 : 2);
}

const isTerminal = process.stdout.isTTY;
const isColourful = isTerminal && !process.env.NO_COLOR;
const width = Math.min(process.stdout.columns || 80, 88);
const paint = (/** @type {Style} */ style, /** @type {string} */ text) => (isColourful ? styleText(style, text) : text);

/** HTML as the server gives it, sanitised, in words. */
function wordsOf(/** @type {string} */ html) {
  /** @type {Record<string, string>} */
  const named = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };
  return html
    .replace(/<li>/g, "\n• ")
    .replace(/<br>|<\/(p|ul|ol|h3|h4|tr|blockquote)>/g, "\n")
    .replace(/<del>(.*?)<\/del>/gs, (_, text) => paint("strikethrough", text))
    .replace(/<(?:strong|em)>(.*?)<\/(?:strong|em)>/gs, (_, text) => paint("bold", text))
    .replace(/<[^>]*>/g, "")
    .replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name) => named[name] ?? "")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** Newsrooms write the marks, or leave them to the page. */
const quoted = (/** @type {string} */ words) => (/^[“"«„‘']/.test(words) ? words : `“${words}”`);

/** @returns {string} */
function lineOf(/** @type {Block} */ block) {
  const { type, html = "", caption, title, url: address, by, credit, images = [] } = block;
  if (type === "text") return wordsOf(html);
  if (type === "quote") return paint("italic", [quoted(wordsOf(html)), by].filter(Boolean).join(" — "));
  if (type === "gallery") return images.map((image) => lineOf({ type: "image", ...image })).join("\n");
  if (type === "link") return `→ ${title} ${paint("dim", address ?? "")}`;
  const about = [caption ?? title, credit && `[${credit}]`, address && paint("dim", address)].filter(Boolean).join(" ");
  return { image: "▣ ", video: "▶ ", audio: "♪ ", embed: "❖ " }[type]?.concat(about) ?? "";
}

/** Words that fit, each line behind the same margin; colours take no room. */
function wrap(/** @type {string} */ text, margin = "         ") {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
  const lengthOf = (/** @type {string} */ words) => words.replace(/\x1b\[\d+m/g, "").length;
  return text.split("\n").flatMap((paragraph) => {
    const lines = [""];
    for (const word of paragraph.split(" ")) {
      const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
      if (lengthOf(margin + longer) <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines.filter(Boolean).map((line) => margin + line);
  });
}

function show(/** @type {Entry} */ entry, note = "") {
  const time = new Date(entry.display_at).toLocaleTimeString([], { timeStyle: "short", hourCycle: "h23" });
  const isGone = entry.status === "retracted";
  const marks = [
    entry.key_event && paint(["yellow", "bold"], "KEY"),
    entry.verification && paint("magenta", `${entry.verification.status} ${entry.verification.by ?? ""}`.trim()),
    note && paint("cyan", note),
  ];
  const headline = entry.headline ?? "";
  const head = headline && (isGone ? paint(["strikethrough", "dim"], headline) : paint("bold", headline));
  const lines = wrap([head, ...marks].filter(Boolean).join("  "), "").flatMap((line) => wrap(line));
  const body = isGone
    ? wrap(paint("red", `Withdrawn: ${entry.retraction?.reason ?? ""}`))
    : (entry.blocks ?? []).flatMap((block) => wrap(lineOf(block)));
  const corrected = (entry.corrections ?? []).flatMap((correction) =>
    wrap(paint("cyan", `Correction: ${correction.note}`)),
  );
  const [first = "         ", ...rest] = [...lines, ...body, ...corrected];
  print([paint("green", `  ${time}  `) + first.trimStart(), ...rest, ""].join("\n"));
}

let status = "";
/** The last line of a terminal tells of the connection; what is printed goes above it. */
function print(/** @type {string} */ text) {
  if (isTerminal) process.stdout.write("\r\x1b[2K");
  console.log(text);
  tell(status);
}
function tell(/** @type {string} */ words) {
  status = words;
  if (isTerminal) process.stdout.write(`\r\x1b[2K${words}`);
}

function banner(/** @type {string} */ heading, /** @type {string|undefined} */ text) {
  const rule = paint("dim", "─".repeat(width));
  const lines = [...wrap(paint("bold", heading), "  "), ...wrap(text ?? "", "  ")];
  print([rule, ...lines, rule, ""].join("\n"));
}

// Node 20 has no WebSocket of its own; then events are streamed.
const coverage = follow(url, id, { token: process.env.FEED_TOKEN, limit: Number(values.limit) });
const { timeline } = coverage;
let title = "";
coverage.on("state", (state) => {
  const colours = { live: "green", ended: "dim", refused: "red", offline: "red", closed: "dim" };
  const colour = /** @type {Style} */ (/** @type {any} */ (colours)[state] ?? "yellow");
  tell(`  ${paint(colour, "●")} ${paint("dim", `${state}${state === "live" ? ` by ${coverage.transport}` : ""}`)}`);
});
process.on("SIGINT", () => coverage.close());

try {
  for await (const message of coverage) {
    const head = timeline.coverage;
    if (head && head.title !== title && message.type !== "coverage.ended") {
      title = head.title;
      banner(title, head.summary && wordsOf(head.summary));
    }
    if (message.type === "snapshot") for (const entry of [...(message.entries ?? [])].reverse()) show(entry);
    else if (message.type === "entry.deleted") print(paint("dim", "         An entry was taken down.\n"));
    else if (message.type === "entry.published" && message.entry) show(message.entry);
    else if (message.entry) show(message.entry, message.type === "entry.retracted" ? "WITHDRAWN" : "UPDATED");
    else if (message.type === "coverage.ended") {
      const next = message.coverage?.successor;
      banner(`Ended: ${message.coverage?.title}`, next && `It goes on: ${next.title} ${next.url}`);
    }
  }
} catch (error) {
  tell("");
  console.error(paint("red", error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
tell("");
