/** The sanitised HTML of a text block, as paragraphs of styled runs that native text can show. */

import { type ChildNode, Element, Text } from "domhandler";
import { parseDocument } from "htmlparser2";

export interface Style {
  bold?: true;
  italic?: true;
  /** Taken back by a correction. */
  struck?: true;
  /** Put in by a correction. */
  inserted?: true;
  code?: true;
  href?: string;
}

export interface Run extends Style {
  text: string;
}

export interface Paragraph {
  kind: "paragraph" | "heading" | "item" | "quote" | "pre" | "row";
  /** How deep in lists. */
  depth: number;
  /** What stands before a list item: a bullet or a number. */
  marker?: string;
  runs: Run[];
}

const STYLES: Readonly<Record<string, Style>> = {
  strong: { bold: true },
  em: { italic: true },
  cite: { italic: true },
  del: { struck: true },
  s: { struck: true },
  ins: { inserted: true },
  code: { code: true },
  th: { bold: true },
};

const BLOCKS: Readonly<Record<string, Paragraph["kind"]>> = {
  p: "paragraph",
  h3: "heading",
  h4: "heading",
  li: "item",
  blockquote: "quote",
  pre: "pre",
  tr: "row",
};

export function paragraphsOf(html: string): Paragraph[] {
  const reader = new Reader();
  reader.readAll(parseDocument(html).children, {});
  return reader.finished();
}

class Reader {
  #paragraphs: Paragraph[] = [];
  #open: Paragraph | null = null;
  #kinds: Paragraph["kind"][] = [];
  #lists: { ordered: boolean; items: number; marker: string }[] = [];

  readAll(nodes: readonly ChildNode[], style: Style): void {
    for (const node of nodes) {
      if (node instanceof Text) this.#say(node.data, style);
      else if (node instanceof Element) this.#readElement(node, style);
    }
  }

  finished(): Paragraph[] {
    this.#end();
    return this.#paragraphs;
  }

  #readElement(element: Element, style: Style): void {
    const { name, children, attribs } = element;
    const kind = BLOCKS[name];
    if (name === "br") this.#say("\n", style, true);
    else if (name === "ul" || name === "ol") this.#readList(element, style);
    else if (kind) this.#readBlock(kind, children, style);
    else if (name === "td" || name === "th") this.#readCell(element, style);
    else if (name === "a" && attribs.href) this.readAll(children, { ...style, href: attribs.href });
    else this.readAll(children, { ...style, ...STYLES[name] });
  }

  #readBlock(kind: Paragraph["kind"], children: readonly ChildNode[], style: Style): void {
    this.#end();
    this.#kinds.push(kind);
    if (kind === "item") {
      const list = this.#lists.at(-1);
      if (list) list.marker = list.ordered ? `${(list.items += 1)}.` : "•";
    }
    this.readAll(children, style);
    this.#end();
    this.#kinds.pop();
  }

  #readList(element: Element, style: Style): void {
    this.#end();
    this.#lists.push({ ordered: element.name === "ol", items: 0, marker: "" });
    this.readAll(element.children, style);
    this.#lists.pop();
  }

  #readCell(element: Element, style: Style): void {
    if (this.#open?.runs.length) this.#say(" · ", style, true);
    this.readAll(element.children, { ...style, ...STYLES[element.name] });
  }

  #begin(): Paragraph {
    const kind = this.#kinds.findLast((one) => one !== "paragraph") ?? "paragraph";
    const list = this.#lists.at(-1);
    const paragraph: Paragraph = { kind, depth: this.#lists.length, runs: [] };
    // A second paragraph of the same item has no marker of its own.
    if (kind === "item" && list?.marker) {
      paragraph.marker = list.marker;
      list.marker = "";
    }
    this.#open = paragraph;
    return paragraph;
  }

  #say(data: string, style: Style, exactly = false): void {
    const asItIs = exactly || this.#kinds.includes("pre");
    let text = asItIs ? data : data.replace(/\s+/g, " ");
    if (!asItIs && !this.#open?.runs.length) text = text.trimStart();
    if (!text) return;
    (this.#open ?? this.#begin()).runs.push({ text, ...style });
  }

  #end(): void {
    if (this.#open?.runs.some(({ text }) => text.trim())) {
      const last = this.#open.runs.at(-1);
      if (last) last.text = last.text.trimEnd();
      this.#paragraphs.push(this.#open);
    }
    this.#open = null;
  }
}
