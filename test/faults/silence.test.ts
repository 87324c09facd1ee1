import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { askEcho, type EchoOutcome } from "../support/echo-service.js";
import { hasProc, kernelQueueTo } from "../support/resources.js";
import { until } from "../support/until.js";
import { pick, tell } from "./extent.js";
import { type FaultScene, makeFaultScene, tunnelNow } from "./scene.js";

const lastsMs = pick({ short: 20_000, full: 60_000 });
const line = { kind: "slow", delayMs: 150, bytesPerSecond: 64 * 1024 } as const;
const askEveryMs = 1_000;
/** What the uploads have queued goes before an answer can come: megabytes at 64 KiB a second. */
const answerTimeoutMs = 240_000;

interface Outcome {
  readonly streams: number;
  readonly losses: readonly string[];
  readonly reconnects: number | undefined;
  readonly isSameSession: boolean;
  /** Answers to small questions that were not right. */
  readonly notRight: readonly EchoOutcome[];
}

it.skipIf(!hasProc)(
  "does not take a line that one upload, or four, keep full for a silent one",
  { timeout: lastsMs + answerTimeoutMs + 60_000 },
  async () => {
    const outcomes = await Promise.all([1, 4].map(fillTheLine));
    const good = { losses: [], reconnects: 0, isSameSession: true, notRight: [] };
    expect(outcomes).toEqual([
      { streams: 1, ...good },
      { streams: 4, ...good },
    ]);
  },
);

async function fillTheLine(streams: number): Promise<Outcome> {
  const scene = await makeFaultScene({});
  const before = await tunnelNow(scene);
  scene.proxy.use(line, "all");
  const uploads = Array.from({ length: streams }, (_, index) => startUpload(scene.port, `upload-${index}`));
  await until(() => uploads.every(({ sentBytes }) => sentBytes() > 256 * 1024));

  const answers: Promise<EchoOutcome>[] = [];
  const most = { send: 0, receive: 0, proxy: 0, rttMs: 0 };
  const endMs = performance.now() + lastsMs;
  while (performance.now() < endMs) {
    answers.push(askEcho(scene.port, { id: `small-${answers.length}`, bytes: 100, uploadBytes: 100, timeoutMs: answerTimeoutMs }));
    await delay(askEveryMs);
    await lookAtQueue(scene, most);
  }
  const after = (await scene.home.daemon.status()).tunnels[0];
  for (const upload of uploads) upload.stop();
  tell(
    `silence, ${streams} upload(s): queued at most ${kib(most.send)} at the sender, ${kib(most.receive)} at the proxy's socket, ` +
      `${kib(most.proxy)} in the proxy; round trip at most ${Math.round(most.rttMs)} ms`,
  );
  // The rest of what was queued does not have to crawl.
  scene.proxy.use({ kind: "none" }, "all");
  const outcomes = await Promise.all(answers);
  return {
    streams,
    losses: scene.story.changes.flatMap(({ phase, failure }) => (phase === "waiting" && failure !== null ? [failure.message] : [])),
    reconnects: after?.reconnects,
    isSameSession: after?.since === before.since,
    notRight: outcomes.filter(({ kind }) => kind !== "right"),
  };
}

async function lookAtQueue({ proxy, home }: FaultScene, most: { send: number; receive: number; proxy: number; rttMs: number }) {
  const { sendBytes, receiveBytes } = kernelQueueTo(proxy.port);
  const [tunnel] = (await home.daemon.status()).tunnels;
  most.send = Math.max(most.send, sendBytes);
  most.receive = Math.max(most.receive, receiveBytes);
  most.proxy = Math.max(most.proxy, ...proxy.links.map((link) => link.mostQueuedBytes("to-server")));
  most.rttMs = Math.max(most.rttMs, tunnel?.rttMs ?? 0);
}

/** Sends as fast as the tunnel takes it, until it is stopped. */
function startUpload(port: number, id: string): { sentBytes(): number; stop(): void } {
  const chunk = Buffer.alloc(64 * 1024, id);
  let sent = 0;
  const asked = request({ method: "POST", host: "127.0.0.1", port, path: `/echo/${id}?bytes=0`, agent: false });
  const write = () => {
    do sent += chunk.length;
    while (asked.write(chunk));
  };
  asked.on("error", () => {}).on("drain", write);
  write();
  const stop = () => void asked.destroy();
  onTestFinished(stop);
  return { sentBytes: () => sent, stop };
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}
