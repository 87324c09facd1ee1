import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { processStartTicks } from "../../../../src/base/process-identity.js";
import { daemonOf } from "../../../../src/cli/daemon-of.js";
import { daemonLink } from "../../../../src/cli/service/daemon-link.js";

it.skipIf(process.platform === "win32")("asks a daemon where its lock says that it listens, when nobody does where it should", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clawtunnel-link-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const endpoint = join(dir, "elsewhere.sock");
  const lockFile = join(dir, "daemon.lock");
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ daemon: { pid: 42, version: "1.2.3", service: "cron" }, tunnels: [] }));
  });
  await new Promise<void>((resolve) => server.listen(endpoint, resolve));
  onTestFinished(() => void server.close());
  const link = daemonLink(daemonOf({ controlEndpoint: join(dir, "control.sock"), lockFile }));
  expect(await link.ask()).toBeUndefined();

  // The lock of a process that lives and is not this one.
  const holder = { pid: process.ppid, startTicks: processStartTicks(process.ppid), bootId: null, nonce: "n", endpoint, service: "cron" };
  writeFileSync(lockFile, JSON.stringify(holder));
  expect(await link.ask()).toEqual({ pid: 42, version: "1.2.3", service: "cron" });
});
