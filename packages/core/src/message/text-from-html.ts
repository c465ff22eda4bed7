import { decodeEntities } from "./html-entities.ts";

/**
 * Plain text out of the HTML of a mail, for readers without HTML and for spam filters that compare the two.
 *
 * Our own, because the libraries that do this well bring an HTML parser, which alone weighs more than the whole path of
 * a mail here. Mail is written by programs, and reads well by these rules: blocks are paragraphs or lines, cells stand
 * beside each other, `text <url>` for links, `-` and numbers for lists, the text of `alt` for images. One pass; what is
 * opened and never closed goes to the end of the text, as in a browser.
 */
export function textFromHtml(html: string): string {
  const text = new TextWriter();
  let position = 0;
  while (position < html.length) {
    const open = html.indexOf("<", position);
    const end = open < 0 ? html.length : open;
    if (end > position) text.write(decodeEntities(html.slice(position, end)));
    position = open < 0 ? html.length : readMarkup(html, open, text);
  }
  return text.finish();
}

/** Reads what begins with `<`, and returns where it ends. */
function readMarkup(html: string, open: number, text: TextWriter): number {
  const next = html.charAt(open + 1);
  if (html.startsWith("<!--", open)) return endOf("-->", html, open + 4);
  if (next === "!" || next === "?") return endOf(">", html, open);
  const [, slash, name] = matchAt(TAG_NAME, html, open) ?? [];
  if (name === undefined) {
    text.write("<");
    return open + 1;
  }
  const tag = name.toLowerCase();
  const attributes: Record<string, string> = Object.create(null);
  const end = readAttributes(html, open + 1 + (slash ?? "").length + name.length, attributes);
  if (slash === "/") closeTag(tag, text);
  else if (HIDDEN.test(tag)) return endOfHidden(tag, html, end);
  else openTag(tag, attributes, text);
  return tag === "pre" && slash === "" ? afterLineEnd(html, end) : end;
}

/** The line that `<pre>` stands on is no line of its text. */
function afterLineEnd(html: string, position: number): number {
  return position + (matchAt(LINE_END, html, position)?.[0].length ?? 0);
}

const LINE_END = /\r?\n/y;

const TAG_NAME = /<(\/?)([a-zA-Z][^\s/>]*)/y;
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?/y;

function readAttributes(html: string, start: number, attributes: Record<string, string>): number {
  let position = start;
  for (let match = matchAt(ATTRIBUTE, html, position); match !== null; match = matchAt(ATTRIBUTE, html, position)) {
    const [whole, name = "", double, single, bare] = match;
    attributes[name.toLowerCase()] ??= decodeEntities(double ?? single ?? bare ?? "");
    position += whole.length;
  }
  return endOf(">", html, position);
}

/** Elements whose content is no text of the mail. */
const HIDDEN = /^(?:script|style|title|template)$/;
const PARAGRAPHS = /^(?:p|h[1-6]|blockquote|pre|table|dl)$/;
const LINES =
  /^(?:div|tr|li|dt|dd|section|article|header|footer|main|nav|aside|address|form|fieldset|figure|figcaption|center|caption|body)$/;

function endOfHidden(tag: string, html: string, start: number): number {
  const close = new RegExp(`</${tag}[\\s/>]`, "gi");
  close.lastIndex = start;
  const found = close.exec(html);
  return found === null ? html.length : endOf(">", html, found.index);
}

function openTag(tag: string, attributes: Readonly<Record<string, string>>, text: TextWriter): void {
  if (tag === "br") text.breakLine();
  else if (tag === "ul" || tag === "ol")
    text.openList(tag === "ol" ? Number.parseInt(attributes.start ?? "1", 10) || 1 : undefined);
  else if (PARAGRAPHS.test(tag)) text.gap(2);
  else if (LINES.test(tag)) text.gap(1);
  if (tag === "li") text.openItem();
  else if (tag === "td" || tag === "th") text.write(" ");
  else if (tag === "hr") text.rule();
  else if (tag === "img") text.write(attributes.alt ?? "");
  else if (tag === "a") text.openLink(attributes.href);
  else if (tag === "pre") text.isVerbatim = true;
}

function closeTag(tag: string, text: TextWriter): void {
  if (tag === "a") text.closeLink();
  else if (tag === "pre") text.isVerbatim = false;
  if (tag === "ul" || tag === "ol") text.closeList();
  else if (PARAGRAPHS.test(tag)) text.gap(2);
  else if (LINES.test(tag)) text.gap(1);
}

/** Collects the text: white space collapses, line breaks and gaps are written when text follows them. */
class TextWriter {
  isVerbatim = false;
  #text = "";
  /** Line ends due before the next text. */
  #lineEnds = 0;
  #spaceDue = false;
  /** The bullet or number of an item without text so far: blocks that open inside of it do not part them. */
  #bullet = "";
  /** The next number of each open list, `undefined` for one with bullets. */
  readonly #lists: (number | undefined)[] = [];
  #link: { readonly href: string; text: string } | undefined;

  write(text: string): void {
    if (this.isVerbatim) {
      this.#append(text.replace(/\r\n?/g, "\n"));
      return;
    }
    const words = text.replace(/[ \t\r\n\f]+/g, " ");
    const trimmed = words.replace(/^ | $/g, "");
    if (words.startsWith(" ")) this.#spaceDue = true;
    if (trimmed === "") return;
    this.#append(trimmed);
    this.#spaceDue = words.endsWith(" ");
  }

  /** At least so many line ends before the next text: 1 ends a line, 2 leave an empty one, which lists do not have. */
  gap(lineEnds: number): void {
    if (this.#bullet !== "") return;
    this.#lineEnds = Math.max(this.#lineEnds, this.#lists.length === 0 ? lineEnds : 1);
    this.#spaceDue = false;
  }

  breakLine(): void {
    this.#lineEnds = Math.min(this.#lineEnds + 1, 3);
    this.#spaceDue = false;
  }

  rule(): void {
    this.gap(1);
    this.#append("---");
    this.gap(1);
  }

  openList(start: number | undefined): void {
    this.gap(2);
    this.#lists.push(start);
  }

  closeList(): void {
    this.#lists.pop();
    this.gap(2);
  }

  openItem(): void {
    const depth = this.#lists.length;
    const number = this.#lists[depth - 1];
    if (number !== undefined) this.#lists[depth - 1] = number + 1;
    this.#bullet = `${"  ".repeat(Math.min(Math.max(depth - 1, 0), 8))}${number === undefined ? "-" : `${number}.`} `;
  }

  openLink(href: string | undefined): void {
    this.closeLink();
    if (href !== undefined && /^(?:https?|mailto|tel):/i.test(href)) this.#link = { href: href.trim(), text: "" };
  }

  /** The address of a link, unless its text says the same. */
  closeLink(): void {
    const link = this.#link;
    this.#link = undefined;
    if (link === undefined || withoutScheme(link.href) === withoutScheme(link.text)) return;
    this.#spaceDue = true;
    this.#append(`<${link.href}>`);
  }

  finish(): string {
    this.closeLink();
    return this.#text.replaceAll("\u00a0", " ").trim();
  }

  #append(text: string): void {
    if (this.#text !== "" && this.#lineEnds > 0) this.#text += "\n".repeat(this.#lineEnds);
    else if (this.#spaceDue && this.#text !== "") this.#text += " ";
    this.#text += this.#bullet + text;
    this.#lineEnds = 0;
    this.#spaceDue = false;
    this.#bullet = "";
    if (this.#link !== undefined) this.#link.text += text;
  }
}

function withoutScheme(url: string): string {
  return url
    .trim()
    .replace(/^(?:mailto:|tel:|https?:\/\/)/i, "")
    .replace(/\/$/, "");
}

function endOf(mark: string, html: string, from: number): number {
  const index = html.indexOf(mark, from);
  return index < 0 ? html.length : index + mark.length;
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
