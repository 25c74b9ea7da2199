// Writes API.md from the declarations that the compiler makes of the sources; with --check only says whether it is current.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "API.md");

/** What is described, in this order: the module, its file, and the names. @type {[string, [string, string[]][]][]} */
const MODULES = [
  [
    "feed-live-client",
    [
      ["follow", ["follow", "FollowOptions", "More", "Following", "Events"]],
      ["timeline", ["Timeline"]],
      ["lifecycle", ["pageLifecycle", "appLifecycle", "Lifecycle"]],
      ["storage", ["memoryStorage", "Storage"]],
      ["errors", ["FeedError"]],
      ["connection", ["Connection"]],
      ["shapes", ["ConnectionOptions", "Listener", "State", "Transport"]],
      ["session", ["Session", "Action"]],
    ],
  ],
  [
    "feed-live-client/producer",
    [
      [
        "producer",
        [
          "Producer",
          "newKey",
          "CoverageDraft",
          "CoverageChange",
          "EntryDraft",
          "EntryChange",
          "Ending",
          "Receipt",
          "BatchReceipt",
          "Deletion",
          "Durability",
          "Grant",
          "Repeatable",
          "Based",
        ],
      ],
    ],
  ],
  ["feed-live-client/react", [["react", ["useFeed", "Feed"]]]],
  [
    "Shapes",
    [
      [
        "shapes",
        [
          "Message",
          "Entry",
          "Coverage",
          "Block",
          "Image",
          "Link",
          "Author",
          "Verification",
          "Correction",
          "Retraction",
          "Adverts",
          "Successor",
          "Page",
          "Token",
        ],
      ],
    ],
  ],
];

/** A comment's words and its tags. */
function read(/** @type {string} */ comment) {
  const text = comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    // A type is told by the declaration, an accessor's too.
    .replace(/ *@(type|returns) .*$|^@override$/gm, (tag) => (/@returns/.test(tag) && !/} ?$/.test(tag) ? tag : ""));
  const [words = "", ...tags] = text.trim().split(/^@/m);
  return { words: words.trim(), tags };
}

/** A tag's name and words, without the type between. */
function tagOf(/** @type {string} */ tag) {
  const [kind = "", ...rest] = tag.split(" ");
  let text = rest.join(" ").trim();
  if (text.startsWith("{")) {
    let depth = 0;
    let end = 0;
    do depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    while (depth > 0 && ++end < text.length);
    text = text.slice(end + 1).trim();
  }
  if (kind !== "param" && kind !== "property" && kind !== "typedef") return { kind, name: "", words: text };
  const [name = "", ...words] = text.split(/\s+/);
  return { kind, name: name.replace(/[[\]]/g, ""), words: words.join(" ") };
}

/** Comments and what they stand before: `[comment, declaration]`. */
function statements(/** @type {string} */ source, /** @type {string} */ indent) {
  const found = [];
  let comment = "";
  const lines = source.split("\n");
  for (let n = 0; n < lines.length; n++) {
    const line = String(lines[n]);
    if (!line.startsWith(indent) || line.startsWith(`${indent} `) || line.trim() === "") continue;
    const begun = n;
    if (line.trim().startsWith("/**")) {
      while (!lines[n]?.includes("*/")) n++;
      if (comment) found.push([comment, ""]);
      comment = lines.slice(begun, n + 1).join("\n");
      continue;
    }
    while (!/[;}]$/.test(String(lines[n])) || (n > begun && lines[n]?.startsWith(`${indent} `))) n++;
    if (/\{$/.test(line)) while (!lines[n]?.startsWith(`${indent}}`)) n++;
    found.push([comment, lines.slice(begun, n + 1).join("\n")]);
    comment = "";
  }
  if (comment) found.push([comment, ""]);
  return found;
}

const plain = (/** @type {string} */ type) =>
  type
    .replace(/import\("[^"]+"\)\./g, "")
    .replace(/\s+/g, " ")
    .replace(/; \}/g, " }")
    .replace(/;$/, "")
    .trim();

const cell = (/** @type {string} */ text) => text.replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|");

function params(/** @type {string[]} */ tags) {
  return tags
    .map(tagOf)
    .filter(({ kind, words }) => (kind === "param" || kind === "returns") && words)
    .map(({ kind, name, words }) =>
      (kind === "returns" ? `Returns: ${words}` : `\`${name}\`: ${words}`).replace(/\s+/g, " "),
    );
}

/** A class: its members as a list. */
function members(/** @type {string} */ body) {
  const lines = [];
  for (const [comment = "", declaration = ""] of statements(body, "    ")) {
    if (!declaration || declaration.includes("#private")) continue;
    const { words, tags } = read(comment);
    const name = plain(declaration)
      .replace(/^get (\w+)\(\)/, "$1")
      .replace(/^constructor/, "new");
    const said = [words.replace(/\s*\n\s*/g, " "), ...params(tags)].filter(Boolean).join(" · ");
    lines.push(`- \`${name}\`${said ? `  \n  ${said}` : ""}`);
  }
  return lines.join("\n");
}

/** An object type: its fields as a table. */
function fields(/** @type {string} */ body) {
  const rows = ["| field | type | |", "| --- | --- | --- |"];
  for (const [comment = "", declaration = ""] of statements(body, "    ")) {
    if (!declaration) continue;
    const [name = "", ...type] = plain(declaration).split(": ");
    rows.push(`| \`${name}\` | \`${cell(type.join(": "))}\` | ${cell(read(comment).words)} |`);
  }
  return rows.join("\n");
}

function describe(/** @type {string} */ source, /** @type {string} */ name) {
  const all = statements(source, "");
  const starts = new RegExp(`^export (declare )?(function|class|type|const) ${name}\\b`);
  const [comment = "", declaration = ""] = all.find(([, text]) => starts.test(String(text))) ?? [];
  if (!declaration) throw new Error(`${name} is declared nowhere`);
  let { words, tags } = read(comment);
  if (declaration.startsWith("export type")) {
    // What a type is about stands in another comment.
    const about = all
      .map(([text]) => read(String(text)))
      .find(({ tags: of }) => of.some((tag) => tagOf(tag).name === name && tag.startsWith("typedef")));
    ({ words, tags } = about ?? { words, tags });
    const own = tags.map(tagOf).find(({ kind, name: of }) => kind === "typedef" && of === name);
    words ||= own?.words ?? "";
  }
  const parts = [`### ${name}`, words];
  const body = declaration.slice(declaration.indexOf("{") + 1, declaration.lastIndexOf("}"));
  if (declaration.startsWith("export declare class")) parts.push(members(body));
  else if (
    /^export type \w+ = \{\n/.test(declaration) &&
    /^\};?$/m.test(declaration) &&
    !/^\} [&|]/m.test(declaration) &&
    !body.includes("[Field in")
  ) {
    // Of the events a table stands in the comment.
    if (name !== "Events") parts.push(fields(body));
  } else {
    const code = declaration.replace(/^export (declare )?/, "").replace(/import\("[^"]+"\)\./g, "");
    parts.push(
      `\`\`\`ts\n${code}\n\`\`\``,
      params(tags)
        .map((line) => `- ${line}`)
        .join("\n"),
    );
  }
  return parts.filter(Boolean).join("\n\n");
}

const folder = mkdtempSync(join(tmpdir(), "feed-api-"));
let text = "# API\n\nMade from the sources by `npm run api`.\n";
try {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", folder], {
    stdio: "inherit",
  });
  for (const [module, files] of MODULES) {
    text += `\n## ${module}\n`;
    for (const [file, names] of files) {
      const source = readFileSync(join(folder, `${file}.d.ts`), "utf8");
      for (const name of names) text += `\n${describe(source, name)}\n`;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("API.md is not what the sources say. Type: npm run api");
  process.exit(1);
}
