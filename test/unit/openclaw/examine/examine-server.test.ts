import { expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { examineServer } from "../../../../src/openclaw/examine/examine-server.js";
import type { SshSession } from "../../../../src/ssh/session.js";
import { forwardSpec } from "../../fixtures/forwards.js";

const signal = new AbortController().signal;

/** A server with a gateway on the usual port, and nothing where the forward leads. */
const session = {
  dial: () => Promise.reject(new Failure("service-refused", "nothing there")),
  exec: async () => ({
    exitCode: 0,
    stdout: "clawtunnel 42 begin\nt ss\n| LISTEN 0 511 127.0.0.1:18789 *:*\nclawtunnel 42 end\n",
    stderr: "",
  }),
} as unknown as SshSession;

it.each([
  ["is looked for on its usual port", null, [18_789]],
  ["of a profile is not, because another profile's is there", "work", []],
] as const)("a gateway that is not where the forward leads %s", async (_what, gatewayProfile, found) => {
  const to = forwardSpec(28_789, 41_984);
  const gateway = { ...to, health: { ...to.health, check: { kind: "openclaw" as const, deep: null } } };
  const { forwards, listeners } = await examineServer(session, { forwards: [gateway], gatewayProfile }, signal);
  expect(forwards).toMatchObject([{ to: "127.0.0.1:41984", port: 41_984 }]);
  expect(listeners?.found.map(({ port }) => port)).toEqual(found);
});
