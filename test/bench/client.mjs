// The measuring client in a process of its own: each message is an order, and is answered with what was measured.
import { once } from "node:events";
import { connect } from "node:net";
import { serveOrders } from "./helpers.mjs";

const block = Buffer.alloc(256 * 1024, "x");

async function download({ port, bytes }) {
  let received = 0;
  const onread = {
    buffer: Buffer.allocUnsafe(256 * 1024),
    callback: (count) => {
      received += count;
      return true;
    },
  };
  const startedMs = performance.now();
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
  await once(socket, "connect");
  socket.write(String(bytes));
  await once(socket, "close");
  return rate(startedMs, received, bytes);
}

async function upload({ port, bytes }) {
  const startedMs = performance.now();
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let answer = "";
  socket.setEncoding("latin1").on("data", (text) => {
    answer += text;
  });
  await once(socket, "connect");
  for (let left = bytes; left > 0; left -= block.length) {
    if (!socket.write(left < block.length ? block.subarray(0, left) : block)) await once(socket, "drain");
  }
  socket.end();
  await once(socket, "close");
  return rate(startedMs, Number(answer), bytes);
}

function rate(startedMs, received, bytes) {
  const tookMs = performance.now() - startedMs;
  if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came through`);
  return { mibPerS: bytes / 1024 / 1024 / (tookMs / 1000) };
}

async function roundTrips({ port, count, warmUp, size }) {
  const message = Buffer.alloc(size, "x");
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const took = [];
  await new Promise((resolve, reject) => {
    let missing = 0;
    let startedMs = 0;
    const ask = () => {
      missing = size;
      startedMs = performance.now();
      socket.write(message);
    };
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed")));
    socket.on("data", (chunk) => {
      missing -= chunk.length;
      if (missing > 0) return;
      took.push((performance.now() - startedMs) * 1000);
      if (took.length === warmUp + count) resolve();
      else ask();
    });
    ask();
  });
  socket.destroy();
  const sorted = took.slice(warmUp).sort((a, b) => a - b);
  const percentile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: percentile(0.5), p99: percentile(0.99) };
}

serveOrders({ download, upload, roundTrips });
