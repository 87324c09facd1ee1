import { setTimeout as delay } from "node:timers/promises";
import { askOnce, firstByte } from "./support.mjs";

const awayMs = 30_000;
const shortMs = 5_000;
const waitMs = 30_000;

/** From the server's return after 30 s, as soon as anybody can reach it, to the first byte through each of its tunnels. */
export async function measureReturn(sshd, tunnels) {
  await sshd.stop();
  await delay(awayMs);
  const backMs = await sshd.start();
  const pollMs = 20;
  return Promise.all(tunnels.map(async ({ port }) => (await firstByte(port, { timeoutMs: 120_000, pollMs })) - backMs));
}

/** What becomes of clients that connect one after another while the server is away for 5 s. */
export async function measureOutage({ sshd, port }, clients) {
  await sshd.stop();
  const asked = [];
  while (asked.length < clients) {
    asked.push(askOnce(port, waitMs));
    await delay(shortMs / clients);
  }
  await sshd.start();
  return (await Promise.all(asked)).map(({ outcome }) => outcome);
}
