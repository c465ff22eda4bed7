import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textFromHtml } from "../../../packages/core/src/message/text-from-html.ts";

describe("HTML reads well as text:", () => {
  it.each([
    ["paragraphs", "<p>One\n  <b>two</b></p><p>three</p>", "One two\n\nthree"],
    ["lines", "one<br>two<br/>three<div>four</div>five", "one\ntwo\nthree\nfour\nfive"],
    ["empty lines", "one<br><br>two<br><br><br><br><br>three", "one\n\ntwo\n\n\nthree"],
    ["headings", "<h1>Title</h1>Text", "Title\n\nText"],
    ["links", '<a href="https://a.example/x?a=1&amp;b=2">Pay</a> now', "Pay <https://a.example/x?a=1&b=2> now"],
    [
      "links that say where they go",
      '<a href="https://a.example/">a.example</a> <a href=mailto:b@c.example>b@c.example</a>',
      "a.example b@c.example",
    ],
    [
      "links around images",
      '<a href="https://a.example"><img src=x alt="Shop"></a><a href=https://b.example><img src=y></a>',
      "Shop <https://a.example> <https://b.example>",
    ],
    [
      "links that go nowhere",
      '<a name="top">Top</a> <a href="#top">up</a> <a href="javascript:alert(1)">x</a>',
      "Top up x",
    ],
    [
      "bullets",
      "<p>Buy:</p><ul><li>Milk</li><li><p>Bread</p></li></ul><p>Thanks</p>",
      "Buy:\n\n- Milk\n- Bread\n\nThanks",
    ],
    ["numbers and lists in lists", "<ol start=9><li>a<li>b<ul><li>c</ul><li>d</ol>", "9. a\n10. b\n  - c\n11. d"],
    ["tables", "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td>\n<td>2</td></tr></table>", "A B\n1 2"],
    ["images", '<img alt="A cat" src=x> and <img src=y>', "A cat and"],
    ["a rule", "one<hr>two", "one\n---\ntwo"],
    ["preformatted text that begins on the next line", "a<pre>\r\n  b</pre>c", "a\n\n  b\n\nc"],
    ["references to the characters of Windows", "&#128;1 &#147;a&#148; &#x96;", "€1 “a” –"],
    ["preformatted text", "<pre>a\r\n  b</pre>c", "a\n  b\n\nc"],
    [
      "entities",
      "&lt;b&gt; &amp;amp; &quot;&eacute;&Ouml;&szlig;&ntilde;&ccedil;&Scaron;&quot; &#8364;&#x20AC; &hellip;",
      '<b> &amp; "éÖßñçŠ" €€ …',
    ],
    [
      "entities that are none",
      "AT&T &unheard; &; &#; &#xZZ; &copy &toString; &avalueOf;",
      "AT&T &unheard; &; &#; &#xZZ; &copy &toString; &avalueOf;",
    ],
    ["characters that are none", "&#0;&#xD800;&#1114112;", "\ufffd\ufffd\ufffd"],
    ["no-break spaces", "a&nbsp;&nbsp;b", "a  b"],
    ["signs that are no tags", "1 < 2 > 0 <3 <", "1 < 2 > 0 <3 <"],
    ["attributes that look like tags", "<p title=\"<b>a > b</b>\">text</p><p title='>'>more", "text\n\nmore"],
    [
      "an attribute inside another",
      '<a title="href=https://evil.example" href="https://a.example/x">x</a>',
      "x <https://a.example/x>",
    ],
    [
      "scripts, styles, titles and comments",
      "<title>t</title><style>p{}</style><script>a='</p>'</script><!-- c > --><!doctype html>text",
      "text",
    ],
    ["conditional comments", "<!--[if mso]><p>Outlook</p><![endif]-->text", "text"],
    ["capitals", "<P>a<BR>b<SCRIPT>x</SCRIPT ></P>c", "a\nb\n\nc"],
    ["what never ends", "text<script>lost", "text"],
    ["a comment that never ends", "text<!-- lost", "text"],
    ["a tag that never ends", "text<a href='x", "text"],
    ["nothing", "<html><body></body></html>", ""],
  ])("%s", (_what, html, text) => {
    expect(textFromHtml(html)).toBe(text);
  });
});

it("any text comes back when it is escaped", () => {
  const words = fc.array(
    fc.string({ unit: "grapheme", minLength: 1 }).map((word) => word.replace(/\s/gu, "") || "x"),
    { minLength: 1 },
  );
  const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
  fc.assert(
    fc.property(words, (all) => {
      const text = all.join(" ");
      expect(textFromHtml(`<p>${escapeHtml(text)}</p>`)).toBe(text.trim());
    }),
  );
});

it("any soup of tags is read to its end", () => {
  const soup = fc.array(
    fc.oneof(
      fc.constantFrom(
        "<",
        ">",
        "</",
        "<a ",
        'href="',
        "'",
        "<!--",
        "-->",
        "<script>",
        "<ol>",
        "<li>",
        "</ol>",
        "<pre>",
        "&#x",
        "x",
      ),
      fc.string(),
    ),
  );
  fc.assert(
    fc.property(soup, (pieces) => {
      expect(typeof textFromHtml(pieces.join(""))).toBe("string");
    }),
  );
});
