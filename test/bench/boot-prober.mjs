// Asks a port over and over, in a process of its own with a network of its own, which a box then shares: it is there before the box boots.
// Times are of CLOCK_MONOTONIC, in ms, which the box's systemd has as well.
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { serveOrders } from "./helpers.mjs";

const pollMs = 2;
let isWatching = false;
let watched;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** When a byte came over a connection of its own; undefined when none did. */
function askOnce(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (atMs) => {
      socket.destroy();
      resolve(atMs);
    };
    socket.once("data", () => finish(nowMs()));
    socket.once("error", () => finish(undefined));
    socket.once("close", () => finish(undefined));
  });
}

async function firstByte({ port, timeoutMs }) {
  const deadlineMs = nowMs() + timeoutMs;
  while (nowMs() < deadlineMs) {
    const atMs = await askOnce(port);
    if (atMs !== undefined) return { atMs };
    await delay(pollMs);
  }
  throw new Error(`no byte through port ${port} within ${timeoutMs} ms`);
}

/** How long at most nobody was served, from one byte to the next; until `unwatch`. */
async function watch({ port }) {
  isWatching = true;
  let lastMs = nowMs();
  let gapMs = 0;
  watched = (async () => {
    while (isWatching) {
      const atMs = await askOnce(port);
      if (atMs !== undefined) {
        gapMs = Math.max(gapMs, atMs - lastMs);
        lastMs = atMs;
      }
      await delay(pollMs);
    }
    return { gapMs };
  })();
  return {};
}

function unwatch() {
  isWatching = false;
  return watched;
}

serveOrders({ firstByte, watch, unwatch });
