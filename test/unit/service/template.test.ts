import { describe, expect, it } from "vitest";
import { fillTemplate } from "../../../src/service/template.js";

describe("a template", () => {
  it("has values in the places of their names, and takes nothing in them for a name", () => {
    expect(fillTemplate("a={{a}} {{b}}{{a}}\n", { a: "{{b}} $& $1", b: "2" })).toBe("a={{b}} $& $1 2{{b}} $& $1\n");
  });

  it("keeps the lines of a section only where its value is something", () => {
    const text = "first\n  {{#hard}}\nNoNewPrivileges=yes\n  {{/hard}}\n{{#path}}\nPath={{path}}\n{{/path}}\nlast\n";
    expect(fillTemplate(text, { hard: true, path: "/a" })).toBe("first\nNoNewPrivileges=yes\nPath=/a\nlast\n");
    expect(fillTemplate(text, { hard: false, path: "" })).toBe("first\nlast\n");
  });

  it("refuses a name without a value, and a value without a name", () => {
    expect(() => fillTemplate("{{a}}", {})).toThrow("names a, which has no value");
    expect(() => fillTemplate("{{constructor}}", {})).toThrow("names constructor");
    expect(() => fillTemplate("a", { a: "1" })).toThrow("does not name a");
  });
});
