import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { lookAtPorts } from "../../../src/cli/doctor/look-at-ports.js";
import { resolveTunnel } from "../../../src/config/resolve.js";
import { freePort } from "../../support/sshd.js";

it("does not call a listener of the daemon itself, for another tunnel of it, a stranger's", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "::1", resolve));
  onTestFinished(() => void server.close());
  const resolved = resolveTunnel("web", { target: "me@box", forwards: [{ local: `127.0.0.1:${port}`, to: "web:80" }] });
  if (!("spec" in resolved)) throw new Error("it is no tunnel");
  const twinFor = async (daemonPid: number | null) => (await lookAtPorts(resolved.spec, null, daemonPid))[0]?.twin;

  expect(await twinFor(process.pid)).toBeNull();
  expect(await twinFor(process.ppid)).toMatchObject({ bind: `[::1]:${port}`, owner: { pid: process.pid } });
});
