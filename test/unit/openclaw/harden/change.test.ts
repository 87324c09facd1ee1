import { describe, expect, it } from "vitest";
import { bindToLoopback } from "../../../../src/openclaw/harden/change.js";

const file = "/home/me/.openclaw/openclaw.json";
const at = (bind: string | null, bindFile = file) => ({ file, bindFile, bind });

describe("gateway.bind in its file", () => {
  it.each(["lan", "0.0.0.0", "tailnet", "auto"])("becomes loopback where it was %s, and nothing else changes", (bind) => {
    const text = `// mine\n{ gateway: { bind: '${bind}', port: 18789, }, }\n`;
    expect(bindToLoopback(text, at(bind))).toBe(`// mine\n{ gateway: { bind: "loopback", port: 18789, }, }\n`);
  });

  it("leaves customBindHost where it is", () => {
    const text = '{ "gateway": { "bind": "custom", "customBindHost": "10.0.0.4" } }';
    expect(bindToLoopback(text, at("custom"))).toContain('"customBindHost": "10.0.0.4"');
  });

  it("is added where it is unset", () => {
    expect(bindToLoopback('{ "gateway": { "port": 1 } }', at(null))).toContain('"bind": "loopback"');
  });

  it("is changed in an included file that is the whole gateway", () => {
    expect(bindToLoopback('{ bind: "lan" }', at("lan", "/etc/gateway.json5"))).toBe('{ bind: "loopback" }');
  });

  it("stays as it is where it is the loopback, however that is written", () => {
    for (const bind of ["loopback", "127.0.0.1"])
      expect(bindToLoopback(`{gateway:{bind:"${bind}"}}`, at(bind))).toBe(`{gateway:{bind:"${bind}"}}`);
  });

  it("is refused where it does not stand in that file", () => {
    expect(() => bindToLoopback("{ }", at("lan", "/etc/other.json5"))).toThrow(expect.objectContaining({ code: "harden-refused" }));
  });
});
