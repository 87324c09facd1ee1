import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { freePort } from "../support/sshd.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { entryFor, fetchText, isVerified, makeHome, makeService, makeSshd, tunnels } from "./scene.js";

const count = 10;
const hourMs = 3_600_000;

it("brings ten tunnels to one server back when that comes back, with one log-in each", async () => {
  const [sshd, service] = await Promise.all([makeSshd(), makeService()]);
  const home = makeHome();
  const ports: number[] = [];
  while (ports.length < count) {
    const port = await freePort();
    if (!ports.includes(port)) ports.push(port);
  }
  const entries = Object.fromEntries(ports.map((port, index) => [`web${index}`, entryFor(sshd, port, service.port)]));
  mkdirSync(dirname(home.paths.configFile), { recursive: true, mode: 0o700 });
  // By itself none of them tries again before the hour is over.
  writeFileSync(
    home.paths.configFile,
    JSON.stringify({ defaults: { backoff: { firstDelayMs: hourMs, maxDelayMs: hourMs } }, tunnels: entries }),
  );
  const up = await home.run("up");
  expect(up.code, up.stdout + up.stderr).toBe(0);

  await sshd.stop();
  await until(async () => {
    const all = await tunnels(home);
    return all.every(({ phase, nextRetryAt }) => phase === "waiting" && Date.parse(nextRetryAt ?? "") > Date.now() + 10_000) && all;
  });
  for (const { failure } of await tunnels(home)) expect(failure).toMatchObject({ code: "connection-refused", recovery: "retry" });
  const logInsBefore = countLogIns(sshd.log());
  await sshd.start();

  const all = await until(async () => {
    const now = await tunnels(home);
    return now.every((tunnel) => isVerified(tunnel) && tunnel.reconnects === 1) && now;
  });
  expect(all).toHaveLength(count);
  expect(await Promise.all(ports.map((port) => fetchText(port)))).toEqual(ports.map(() => "ok\n"));
  // The server's log takes its own way, and may be behind its bytes.
  if (sshdKind() === "openssh") await expect.poll(() => countLogIns(sshd.log()) - logInsBefore).toBe(count);
});

function countLogIns(log: string): number {
  return log.match(/Accepted publickey/g)?.length ?? 0;
}
