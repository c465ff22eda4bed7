import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toAsciiDomain } from "../../../packages/core/src/util/domain.ts";

describe("a domain", () => {
  it("in ASCII is only put in lower case, A-labels that decode to nothing included", () => {
    expect(toAsciiDomain("EXAMPLE.com")).toBe("example.com");
    expect(toAsciiDomain("XN--ZZ999999.example")).toBe("xn--zz999999.example");
  });

  it("goes to its A-label once: doing it again changes nothing", () => {
    const label = fc.string({ unit: fc.constantFrom(..."aZ9-ößıİſ李الع。．ａ１"), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
        const domain = toAsciiDomain(labels.join("."));
        if (domain === undefined) return;
        expect(domain).toMatch(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/);
        expect(toAsciiDomain(domain)).toBe(domain);
      }),
    );
  });

  it("is never what a URL would take for something else", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."a1.:/?#@%[]\\\t ℀／：＠％"), maxLength: 10 }), (text) => {
        const domain = toAsciiDomain(text);
        if (domain !== undefined) expect(new URL(`http://${domain}/`).href).toBe(`http://${domain}/`);
      }),
    );
  });
});
