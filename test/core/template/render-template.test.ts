import type { Issue, MessageInput } from "@edgepost/core";
import { buildMime, isMailError } from "@edgepost/core";
import type { TemplateOptions } from "@edgepost/core/template";
import { renderTemplate } from "@edgepost/core/template";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

type Variables = Record<string, unknown>;

function issuesOf(message: MessageInput, variables?: Variables, options?: TemplateOptions): readonly Issue[] {
  try {
    renderTemplate(message, variables, options);
  } catch (error) {
    if (!isMailError(error)) throw error;
    expect(error).toMatchObject({ code: "invalid-message", phase: "input" });
    return error.issues ?? [];
  }
  throw new Error("renderTemplate took it");
}

const text = (template: string, variables?: Variables) => renderTemplate({ text: template }, variables).text;
const to = (template: MessageInput["to"], variables?: Variables) => renderTemplate({ to: template }, variables).to;

describe("renderTemplate", () => {
  it("binds into every field, each in its own way", () => {
    const message: MessageInput = {
      from: "{{company}} <billing@acme.example>",
      to: "{{customer.name}} <{{customer.email}}>",
      subject: "Invoice {{number}} for {{customer.name}}",
      text: "Hello {{customer.name}}",
      html: "<p title='{{customer.name}}'>{{customer.name}} {{{markup}}}</p>",
      amp: "<p>{{customer.name}}</p>",
      calendar: { method: "REQUEST", content: "SUMMARY:{{number}}\r\n" },
      alternatives: [
        { contentType: "text/markdown", content: "*{{customer.name}}*" },
        { contentType: "text/html", content: "<i>{{customer.name}}</i>" },
      ],
      headers: { "X-Number": "{{number}}", "X-Both": ["{{number}}", "b"] },
      listUnsubscribe: { url: "https://acme.example/u?c={{customer.email}}", mailto: "u+{{number}}@acme.example" },
      envelope: { from: "bounce+{{number}}@acme.example", to: "{{customer.email}}" },
      inReplyTo: "<{{number}}@acme.example>",
      messageId: "{{number}}@acme.example",
      dsn: { envelopeId: "{{number}}" },
      priority: "high",
      requireTls: true,
    };
    const variables = {
      company: "Acme, Inc.",
      customer: { name: "A & B's <C>", email: "ab@example.com" },
      number: 7,
      markup: "<b>!</b>",
    };
    const escaped = "A &#38; B&#39;s &#60;C&#62;";
    expect(renderTemplate(message, variables)).toEqual({
      from: [{ name: "Acme, Inc.", address: "billing@acme.example" }],
      to: [{ name: "A & B's <C>", address: "ab@example.com" }],
      subject: "Invoice 7 for A & B's <C>",
      text: "Hello A & B's <C>",
      html: `<p title='${escaped}'>${escaped} <b>!</b></p>`,
      amp: `<p>${escaped}</p>`,
      calendar: { method: "REQUEST", content: "SUMMARY:7\r\n" },
      alternatives: [
        { contentType: "text/markdown", content: "*A & B's <C>*" },
        { contentType: "text/html", content: `<i>${escaped}</i>` },
      ],
      headers: { "X-Number": "7", "X-Both": ["7", "b"] },
      listUnsubscribe: { url: "https://acme.example/u?c=ab%40example.com", mailto: "u+7@acme.example" },
      envelope: { from: "bounce+7@acme.example", to: { address: "ab@example.com" } },
      inReplyTo: "<7@acme.example>",
      messageId: "7@acme.example",
      dsn: { envelopeId: "7" },
      priority: "high",
      requireTls: true,
    });
  });

  it("gives a message that can be sent", async () => {
    const template = { from: "me@acme.example", to: "{{name}} <{{email}}>", subject: "Hi {{name}}", text: "{{name}}" };
    const mail = await buildMime(renderTemplate(template, { name: "Lovelace, Ada", email: "ada@example.com" }));
    expect(mail.message.to).toEqual([{ name: "Lovelace, Ada", address: "ada@example.com" }]);
    expect(mail.message.subject).toBe("Hi Lovelace, Ada");
  });

  it("takes the message's own variables, and given ones before them", () => {
    const message = { subject: "{{a}} {{b}}", variables: { a: "own a", b: "own b" } };
    expect(renderTemplate(message, { b: "given b" })).toEqual({ subject: "own a given b" });
  });

  it("changes nothing in its input", () => {
    const message = Object.freeze({ to: Object.freeze(["{{a}}@b.example"]), variables: Object.freeze({ a: "x" }) });
    expect(renderTemplate(message)).toEqual({ to: [[{ address: "x@b.example" }]] });
    expect(message.to).toEqual(["{{a}}@b.example"]);
  });

  it("leaves a message without keywords as it is", () => {
    const message: MessageInput = {
      to: ["a@b.example", "Team: c@b.example, d@b.example;"],
      text: "{ braces }",
      date: new Date(0),
    };
    expect(renderTemplate(message)).toEqual(message);
  });

  it("binds into a Map of headers", () => {
    const headers = new Map([["X-A", "{{a}}"]]);
    expect(renderTemplate({ headers }, { a: "1" }).headers).toEqual(new Map([["X-A", "1"]]));
  });

  it("knows sections, inverted sections, dots and comments", () => {
    const template =
      "{{! note }}{{#items}}{{name}} {{price}}{{^paid}} open{{/paid}}\n{{/items}}{{^items}}nothing{{/items}}";
    const items = [
      { name: "A", price: 1.5, paid: true },
      { name: "B", price: 2 },
    ];
    expect(text(template, { items })).toBe("A 1.5\nB 2 open\n");
    expect(text(template, { items: [] })).toBe("nothing");
    expect(text("{{#names}}{{.}};{{/names}}", { names: ["a", "b"] })).toBe("a;b;");
    expect(text("{{#a}}{{#b}}{{c}}{{d}}{{/b}}{{/a}}", { a: { b: { c: 1 } }, d: 2 })).toBe("12");
    expect(text("{{#yes}}y{{/yes}}{{#no}}n{{/no}}{{#absent}}?{{/absent}}", { yes: true, no: false })).toBe("y");
  });

  it("never takes a value for a template", () => {
    expect(text("{{a}}{{{a}}}{{&a}}", { a: "{{b}}", b: "x" })).toBe("{{b}}{{b}}{{b}}");
  });

  it("writes numbers and booleans, and zero too", () => {
    expect(text("{{a}} {{b}} {{c}}", { a: 0, b: false, c: 10n })).toBe("0 false 10");
  });
});

describe("renderTemplate, missing variables", () => {
  it("are issues, all at once and each once, with their path", () => {
    const message = {
      subject: "{{a}}",
      text: "{{b}} {{b}} {{c.d}}",
      to: ["{{e}}", "x@b.example"],
      headers: { "X-F": "{{f}}" },
    };
    expect(issuesOf(message, { c: {} })).toEqual([
      { path: "subject", message: "{{a}} has no value" },
      { path: "text", message: "{{b}} has no value" },
      { path: "text", message: "{{c.d}} has no value" },
      { path: "to[0]", message: "{{e}} has no value" },
      { path: "headers.X-F", message: "{{f}} has no value" },
    ]);
  });

  it("cannot be the name of a header: names are what the template says", () => {
    const message = { headers: { "X-{{a}}": "1" } };
    const wanted = [{ path: 'headers["X-{{a}}"]', message: "is a name: keywords are bound in values alone" }];
    expect(issuesOf(message, { a: "B" })).toEqual(wanted);
    expect(issuesOf({ headers: new Map(Object.entries(message.headers)) as never }, { a: "B" })).toEqual(wanted);
  });

  it("are issues once for a list of a thousand", () => {
    const items = Array.from({ length: 1000 }, () => ({}));
    expect(issuesOf({ text: "{{#items}}{{name}}{{/items}}" }, { items })).toHaveLength(1);
  });

  it("are null and undefined too", () => {
    expect(issuesOf({ text: "{{a}}{{b}}" }, { a: null, b: undefined })).toHaveLength(2);
  });

  it("are nothing where the caller says so", () => {
    const message = {
      subject: "a{{b}}c",
      to: "{{d}}",
      cc: "{{name}} <a@b.example>",
      attachments: [{ content: "{{e}}" }],
    };
    expect(renderTemplate(message, {}, { missing: "empty" })).toEqual({
      subject: "ac",
      to: [],
      cc: [{ address: "a@b.example" }],
      attachments: [{ content: "" }],
    });
  });
});

describe("renderTemplate, addresses", () => {
  it.each<[string, Variables, unknown]>([
    ["{{a}}", { a: "ada@example.com" }, { address: "ada@example.com" }],
    ["{{a}}", { a: "Ada <ada@example.com>" }, { name: "Ada", address: "ada@example.com" }],
    ["{{a}}", { a: { name: "Ada", email: "ada@example.com", id: 7 } }, { name: "Ada", address: "ada@example.com" }],
    [
      "{{a}}",
      { a: ["a@b.example", { address: "c@b.example" }] },
      [{ address: "a@b.example" }, { address: "c@b.example" }],
    ],
    ["{{a}}", { a: [["a@b.example"]] }, [[{ address: "a@b.example" }]]],
    ["{{a}}", { a: "" }, []],
    ["{{a}}", { a: [] }, []],
    [" {{a}} ", { a: "a@b.example" }, { address: "a@b.example" }],
    ["{{a}}, c@b.example", { a: "a@b.example" }, [{ address: "a@b.example" }, { address: "c@b.example" }]],
    ["{{a}}@acme.example", { a: "ada" }, [{ address: "ada@acme.example" }]],
    ["{{a}}@acme.example", { a: "a,b" }, [{ address: '"a,b"@acme.example' }]],
    ["{{a}}@acme.example", { a: "x@y.example (" }, [{ address: '"x@y.example ("@acme.example' }]],
    ["{{a}} <x@b.example>", { a: "ada@home" }, [{ name: "ada@home", address: "x@b.example" }]],
    ["{{a}} <x@b.example>", { a: "Müller & Söhne" }, [{ name: "Müller & Söhne", address: "x@b.example" }]],
    [
      '"{{a}}" <x@b.example>',
      { a: 'Ada "The First" Lovelace' },
      [{ name: 'Ada "The First" Lovelace', address: "x@b.example" }],
    ],
    ['"Team, {{a}}" <x@b.example>', { a: "Ops" }, [{ name: "Team, Ops", address: "x@b.example" }]],
    [
      "{{a}} {{b}} <{{c}}>",
      { a: "Ada", b: "Lovelace", c: "a@b.example" },
      [{ name: "Ada Lovelace", address: "a@b.example" }],
    ],
  ])("reads %j with %o", (template, variables, expected) => {
    expect(to(template, variables)).toEqual(expected);
  });

  it("binds into objects, and into nested lists", () => {
    const template = [{ name: "{{n}}", address: "{{a}}" }, [{ email: "{{a}}" }, "{{a}}"]];
    expect(to(template, { n: "Ada, C.", a: "ada@example.com" })).toEqual([
      { name: "Ada, C.", address: "ada@example.com" },
      [{ email: "ada@example.com" }, { address: "ada@example.com" }],
    ]);
  });

  it.each<[string, Variables]>([
    ["{{a}} <x@b.example>", { a: "evil@attacker.example," }],
    ["{{a}} <x@b.example>", { a: '" <evil@attacker.example>, "' }],
    ["{{a}} <x@b.example>", { a: "<evil@attacker.example>" }],
    ["{{a}} <x@b.example>", { a: "evil@attacker.example (" }],
    ["{{a}} <x@b.example>", { a: "Team: evil@attacker.example;" }],
    ['"{{a}}" <x@b.example>', { a: '" <evil@attacker.example>, "' }],
    ['"{{a}}" <x@b.example>', { a: 'evil\\" <evil@attacker.example>, "' }],
    ['"{{a}}" <x@b.example>', { a: "evil\\" }],
  ])("keeps a value a name in %j with %o", (template, variables) => {
    const mailboxes = to(template, variables);
    expect(mailboxes).toEqual([{ name: String(variables.a).trim(), address: "x@b.example" }]);
  });

  it.each<[string, Variables]>([
    ["{{a}}", { a: "a@b.example, evil@attacker.example" }],
    ["{{a}}", { a: "Team: a@b.example, evil@attacker.example;" }],
    ["{{a}}", { a: "Team: a@b.example;" }],
    ["{{a}}", { a: ["a@b.example, evil@attacker.example"] }],
    ["{{a}}", { a: { address: "a@b.example, evil@attacker.example" } }],
    ["{{a}}", { a: "a@b.example\r\nBcc: evil@attacker.example" }],
    ["{{a}}", { a: { name: "A\r\nBcc: evil@attacker.example", address: "a@b.example" } }],
    ["{{a}}", { a: 7 }],
    ["x@b.example, {{a}}", { a: "a@b.example, evil@attacker.example" }],
    ["<{{a}}>", { a: "a@b.example>, <evil@attacker.example" }],
    ["{{a}}@acme.example", { a: "evil@attacker.example" }],
    ["x@{{a}}.acme.example", { a: "attacker.example, evil" }],
    ["{{a}} <x@b.example>", { a: "Ada\r\nBcc: evil@attacker.example" }],
    ["({{a}}) x@b.example", { a: ") evil@attacker.example, (" }],
    ["x@b.example ({{a}})", { a: "note" }],
    ["Team: {{a}}, x@b.example;", { a: "a@b.example" }],
    ["{{#a}}{{.}}, {{/a}}", { a: ["a@b.example"] }],
  ])("refuses %j with %o", (template, variables) => {
    const issues = issuesOf({ to: template }, variables);
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.every(({ path }) => path.startsWith("to"))).toBe(true);
  });

  it("says where in a bound list the fault is", () => {
    expect(issuesOf({ cc: "{{team}}" }, { team: ["a@b.example", "nobody"] }).map(({ path }) => path)).toEqual([
      "cc[1]",
    ]);
  });
});

describe("renderTemplate, attachments", () => {
  it("binds names, contents and URLs", () => {
    const attachments = [
      { filename: "{{n}}.txt", content: "Hello {{name}}", headers: { "X-N": "{{n}}" } },
      { filename: "page.html", content: "<p>{{name}}</p>" },
      { contentType: "text/html; charset=utf-8", content: "<p>{{name}}</p>" },
      { filename: "a.pdf", url: "https://files.example/{{dir}}/{{n}}.pdf?x={{name}}" },
      { url: "{{link}}" },
    ];
    const variables = { n: 7, name: "A & B", dir: "../x", link: "https://files.example/a?b=c" };
    expect(renderTemplate({ attachments }, variables).attachments).toEqual([
      { filename: "7.txt", content: "Hello A & B", headers: { "X-N": "7" } },
      { filename: "page.html", content: "<p>A &#38; B</p>" },
      { contentType: "text/html; charset=utf-8", content: "<p>A &#38; B</p>" },
      { filename: "a.pdf", url: "https://files.example/..%2Fx/7.pdf?x=A%20%26%20B" },
      { url: "https://files.example/a?b=c" },
    ]);
  });

  it("hands over bytes for a content that is one keyword alone", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const bound = renderTemplate({ attachments: [{ filename: "a.bin", content: "{{file}}" }] }, { file: bytes });
    expect(bound.attachments).toEqual([{ filename: "a.bin", content: bytes }]);
  });

  it("leaves bytes alone and turns a map into a list", () => {
    const bytes = new Uint8Array([123, 123]);
    expect(renderTemplate({ attachments: { "{{n}}.txt": "{{n}}!", "b.bin": bytes } }, { n: 7 }).attachments).toEqual([
      { filename: "7.txt", content: "7!" },
      { filename: "b.bin", content: bytes },
    ]);
  });

  it("takes no keywords in a local path", () => {
    const attachments = [{ path: "/invoices/{{n}}.pdf" }];
    expect(issuesOf({ attachments }, { n: "../../etc/passwd" }).map(({ path }) => path)).toEqual([
      "attachments[0].path",
    ]);
  });

  it("keeps a host in a URL what the template says", () => {
    const attachments = [{ url: "https://{{host}}/a" }];
    expect(renderTemplate({ attachments }, { host: "files.example/@evil" }).attachments).toEqual([
      { url: "https://files.example%2F%40evil/a" },
    ]);
  });

  it("keeps what a mailto: URL does what the template says", () => {
    const listUnsubscribe = { mailto: "mailto:{{list}}?subject={{id}}" };
    const bound = renderTemplate({ listUnsubscribe }, { list: "u@acme.example", id: "7&cc=eve@evil.example, a b" });
    expect(bound.listUnsubscribe).toEqual({
      mailto: "mailto:u@acme.example?subject=7%26cc%3Deve@evil.example%2C%20a%20b",
    });
  });
});

describe("renderTemplate and junk", () => {
  const names = [
    "from",
    "to",
    "subject",
    "text",
    "html",
    "attachments",
    "alternatives",
    "headers",
    "envelope",
    "listUnsubscribe",
    "calendar",
    "name",
    "address",
    "content",
    "filename",
    "url",
    "a",
  ];
  const template = fc
    .array(
      fc.constantFrom(
        "{{a}}",
        "{{{a}}}",
        "{{#a}}",
        "{{/a}}",
        "{{^a}}",
        "{{a.a}}",
        "{{",
        "}}",
        ",",
        "<",
        ">",
        '"',
        "x@b.example",
        " ",
      ),
    )
    .map((parts) => parts.join(""));
  const { fields } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, template, fc.anything(), fc.array(tie("value")), tie("fields")),
    fields: fc.dictionary(fc.constantFrom(...names), tie("value")),
  }));

  it("is answered with a message or with issues, never with an error of the language", () => {
    const answers = fc.property(
      fc.oneof(fields, fc.anything()),
      fc.oneof(fields, fc.anything()),
      (message, variables) => {
        try {
          return typeof renderTemplate(message as MessageInput, variables as Variables) === "object";
        } catch (error) {
          return isMailError(error) && error.issues !== undefined;
        }
      },
    );
    fc.assert(answers, { numRuns: 3000, seed: 7 });
  });

  it("makes exactly as many recipients as the template has", () => {
    const hostile = fc.string({
      unit: fc.constantFrom('"', "\\", ",", ";", ":", "<", ">", "(", ")", "@", "a", ".", " ", "[", "]"),
    });
    const template = fc.constantFrom(
      "{{a}} <x@b.example>",
      '"{{a}}" <x@b.example>',
      "{{a}}@b.example",
      "<{{a}}@b.example>",
      "{{a}}",
    );
    const kept = fc.property(template, hostile, (to, a) => {
      try {
        const mailboxes = [renderTemplate({ to: `${to}, last@b.example` }, { a }).to].flat(9);
        return mailboxes.length === 2 && (to === "{{a}}" || JSON.stringify(mailboxes[0]).endsWith('@b.example"}'));
      } catch (error) {
        return isMailError(error);
      }
    });
    fc.assert(kept, { numRuns: 5000, seed: 7 });
  });
});

describe("renderTemplate refuses", () => {
  it.each<[string, MessageInput, Variables, string, RegExp]>([
    [
      "a line break in a subject",
      { subject: "{{a}}" },
      { a: "x\r\nBcc: y@z.example" },
      "subject",
      /\{\{a\}\} .*line break/,
    ],
    ["NUL in a header", { headers: { "X-A": "{{a}}" } }, { a: "x\0" }, "headers.X-A", /line break or NUL/],
    [
      "a line break in a header written raw",
      { headers: { "X-A": "{{{a}}}" } },
      { a: "x\n" },
      "headers.X-A",
      /line break/,
    ],
    [
      "a line break in a file name",
      { attachments: [{ filename: "{{a}}", content: "" }] },
      { a: "\n" },
      "attachments[0].filename",
      /line break/,
    ],
    [
      "a line break in a URL",
      { attachments: [{ url: "{{a}}" }] },
      { a: "https://a.example/\n" },
      "attachments[0].url",
      /line break/,
    ],
    [
      "a line break in an invitation",
      { calendar: { content: "SUMMARY:{{a}}" } },
      { a: "x\r\nATTENDEE:y" },
      "calendar.content",
      /line break/,
    ],
    ["a list as text", { text: "{{a}}" }, { a: ["x"] }, "text", /no text/],
    ["an object as text", { text: "{{a}}" }, { a: {} }, "text", /no text/],
    ["a date as text", { text: "{{a}}" }, { a: new Date(0) }, "text", /no text/],
    ["a number that is none", { text: "{{a}}" }, { a: Number.NaN }, "text", /no text/],
    ["a function", { text: "{{a}}" }, { a: () => "x" }, "text", /call nothing/],
    ["what objects inherit", { text: "{{constructor}}" }, {}, "text", /no value/],
    ["what objects inherit, further in", { text: "{{a.constructor.name}}" }, { a: {} }, "text", /no value/],
    ["__proto__", { text: "{{__proto__}}" }, {}, "text", /no value/],
    ["methods of text", { text: "{{a.trim}}" }, { a: "x" }, "text", /no value/],
    ["methods of lists", { text: "{{a.map}}" }, { a: ["x"] }, "text", /no value/],
    ["a partial", { text: "{{> header}}" }, {}, "text", /partials/],
    ["a partial that is named like a variable", { html: "{{>a}}" }, { a: "<b>" }, "html", /partials/],
    ["other delimiters", { text: "{{=<% %>=}}<% a %>" }, { a: "x" }, "text", /delimiters/],
    ["a tag that is not closed", { text: "Hello {{name" }, { name: "x" }, "text", /without its/],
    ["a section that is not closed", { text: "{{#a}}x" }, { a: true }, "text", /Unclosed section/],
    ["a section that ends another", { text: "{{#a}}{{/b}}" }, { a: true }, "text", /Unclosed section/],
    ["a tag without end in sight", { text: `{{a${" ".repeat(100_000)}}}` }, { a: "x" }, "text", /200 characters/],
    ["a template too long", { text: `{{a}}${"x".repeat(1_000_000)}` }, { a: "x" }, "text", /longer than/],
    ["sections too deep", { text: "{{#a}}".repeat(30) + "{{/a}}".repeat(30) }, { a: true }, "text", /20 sections/],
    ["variables for a ready message", { raw: "Subject: {{a}}\r\n\r\n" }, { a: "x" }, "raw", /ready message/],
    ["variables that are no object", { variables: [] as never, text: "" }, {}, "variables", /object/],
  ])("%s", (_, message, variables, path, expected) => {
    expect(issuesOf(message, variables)).toContainEqual({ path, message: expect.stringMatching(expected) });
  });

  it("no more than a hundred things at once", () => {
    const template = Array.from({ length: 20_000 }, (_, index) => `{{v${index}}}`).join("");
    expect(issuesOf({ text: template })).toHaveLength(100);
  });

  it("lists that multiply", () => {
    const a = Array.from({ length: 1000 }, () => "x");
    expect(issuesOf({ text: "{{#a}}{{#a}}{{#a}}{{/a}}{{/a}}{{/a}}" }, { a })[0]?.message).toMatch(/500000 steps/);
    const long = { a, b: "y".repeat(100_000) };
    expect(issuesOf({ text: "{{#a}}{{b}}{{/a}}" }, long)[0]?.message).toMatch(/25000000 characters/);
  });
});
