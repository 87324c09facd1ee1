import { expect, it } from "vitest";
import { renderLogin } from "../../../src/cli/doctor/render-login.js";
import { printableStyled } from "../../../src/cli/output.js";

it("leaves our own styles, and makes everything else that draws harmless", () => {
  const text = "\u001b[1mbox\u001b[22m \u001b[31mno\u001b[39m \u001b[2J\u001b[8mhidden\u001b]0;title\u0007\u202e";
  expect(printableStyled(text)).toBe(
    "\u001b[1mbox\u001b[22m \u001b[31mno\u001b[39m \\u{1b}[2J\\u{1b}[8mhidden\\u{1b}]0;title\\u{7}\\u{202e}",
  );
});

it("what ssh_config says of a host draws nothing in doctor's answer", () => {
  const hop = { alias: "box", server: "me@box:22", proxyCommand: "nc \u001b[2J", identities: [], agent: null, knownHosts: [] };
  const report = { target: "box", resolvedBy: "OpenSSH_9.2p1", engine: "ssh2", engineReason: null, way: [hop] };
  const lines = renderLogin(report as unknown as Parameters<typeof renderLogin>[0]);
  expect(lines.join("\n")).toContain("nc \\u{1b}[2J");
});
