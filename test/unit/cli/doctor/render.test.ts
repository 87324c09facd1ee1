import { expect, it } from "vitest";
import { diagnose } from "../../../../src/cli/doctor/diagnose.js";
import { renderDiagnoses } from "../../../../src/cli/doctor/render.js";
import { plainStyle } from "../../../../src/cli/output.js";
import { tunnelStatus } from "../../fixtures/tunnel-status.js";
import { failure, tunnelFacts } from "./facts.js";

it("has a line for each healthy layer, the broken one with what to type, and one line for the rest", () => {
  const facts = tunnelFacts({ server: null, session: { by: "tunnel", failure: failure("host-key-changed", "another key") } });
  expect(renderDiagnoses(diagnose(facts), plainStyle)).toEqual([
    "  ok  daemon           0.1.0 runs (pid 4711)",
    "  ok  config           /config.json",
    "  ok  tunnel           up, verified for 1 min",
    "  ok  local port       the daemon holds 127.0.0.1:18789",
    "  ok  name             vps is 203.0.113.7",
    "  ok  SSH port         vps:2222 greets: SSH-2.0-OpenSSH_9.2",
    "  !!  host key         another key",
    "                       ask the server's owner whether it was installed anew; if so, take the old key out:",
    "                         ssh-keygen -R '[vps]:2222' -f /home/me/.ssh/known_hosts",
    "                         clawtunnel trust openclaw",
    "  --  not looked at: authentication, forwarding, remote listener, gateway, token, exposure",
  ]);
});

it("breaks what it tells for a narrow terminal, and never what is to be typed", () => {
  const message = "another key than the one that is known";
  const facts = tunnelFacts({ server: null, session: { by: "tunnel", failure: failure("host-key-changed", message) } });
  const lines = renderDiagnoses(diagnose(facts), plainStyle, 54);
  expect(lines).toContain("  !!  host key         another key than the one that");
  expect(lines).toContain("                       is known");
  expect(lines).toContain("                         ssh-keygen -R '[vps]:2222' -f /home/me/.ssh/known_hosts");
});

it("says in lines of their own what was not looked at for a reason", () => {
  const facts = tunnelFacts({ status: tunnelStatus({ name: "openclaw", phase: "stopped", reason: "asked" }), exposure: null });
  const lines = renderDiagnoses(diagnose(facts), plainStyle);
  expect(lines).toContain("  --  token            no deep check is configured (health.deep)");
  expect(lines).toContain("  --  exposure         not looked at yet: clawtunnel audit openclaw");
});

it("draws nothing that a server worded", () => {
  const facts = tunnelFacts({ session: { by: "tunnel", failure: { ...failure("not-ssh"), message: "it says \u001b[2J" } } });
  expect(renderDiagnoses(diagnose(facts), plainStyle).join("\n")).toContain("\\u{1b}[2J");
});
