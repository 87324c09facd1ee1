// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are of shells, units and other programs
import { describe, expect, it } from "vitest";
import { readBoring } from "../../../../src/interchange/peers/boring.js";
import { readPortato } from "../../../../src/interchange/peers/portato.js";
import { readTunlite } from "../../../../src/interchange/peers/tunlite.js";

describe("a file that was made to hurt", () => {
  const bomb = `${Array.from({ length: 12 }, (_, at) => `a${at}: &a${at} [${at === 0 ? "x" : Array.from({ length: 9 }, () => `*a${at - 1}`).join()}]`).join("\n")}\ntubers: *a11\n`;
  it.each([
    ["portato, aliases of aliases", readPortato(bomb)],
    ["portato, a list that holds itself", readPortato("tubers: &a\n  - *a\n")],
    ["portato, a tuber that holds itself", readPortato("tubers:\n  - &a { ssh: h, tags: *a, other: *a }\n")],
    ["portato, no YAML", readPortato("tubers: [\n")],
    ["portato, a text", readPortato("just a text")],
    ["portato, nested deeply", readPortato(`tubers: ${"[".repeat(2000)}`)],
    ["boring, no TOML", readBoring("[[tunnels]\n", {})],
    ["boring, keys of objects", readBoring('[__proto__]\na=1\n[[tunnels]]\nhost="h"\n[tunnels.constructor]\nx=1\n', {})],
    ["boring, nested deeply", readBoring(`a = ${"[".repeat(5000)}${"]".repeat(5000)}`, {})],
    ["boring, tunnels that are none", readBoring("tunnels = 7\n", {})],
    ["tunlite, no JSON", readTunlite("{", "/")],
    ["tunlite, nested deeply", readTunlite(`{"tunnels":${"[".repeat(5000)}${"]".repeat(5000)}}`, "/")],
    ["tunlite, a list", readTunlite("[]", "/")],
  ])("%s: is read to its end, and gives no forward", async (_, pending) => {
    const { tunnels } = await pending;
    expect(tunnels.every(({ entry }) => entry.forwards === undefined)).toBe(true);
  });
});
