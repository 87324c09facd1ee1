import { describe, expect, it, vi } from "vitest";
import { Notifier } from "../../../../src/daemon/service/notify.js";
import { deferred } from "../../fixtures/deferred.js";
import { useFakeTime } from "../../fixtures/fake-time.js";

/** A systemd-notify of which each call ends when the test says so. */
function makeNotifier() {
  const calls: { words: readonly string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const failures: unknown[] = [];
  const notifier = new Notifier(
    (words) => {
      const { promise, resolve, reject } = deferred<void>();
      calls.push({ words, end: () => resolve(), fail: reject });
      return promise;
    },
    (error) => failures.push(error),
  );
  return { notifier, calls, failures, words: () => calls.map((call) => call.words) };
}

useFakeTime();

describe("what is said to systemd", () => {
  it("is put in the words of systemd-notify, with our pid when it is that we are ready", () => {
    const { notifier, words } = makeNotifier();
    notifier.say({ ready: true, status: "1 tunnel up" });
    expect(words()).toEqual([[`--pid=${process.pid}`, "--ready", "--status=1 tunnel up"]]);
  });

  it("is said by one child at a time, and in one message when much comes meanwhile: the latest status, and nothing left out", async () => {
    const { notifier, calls, words } = makeNotifier();
    notifier.say({ status: "a" });
    notifier.say({ status: "b" });
    notifier.say({ isWell: true });
    notifier.say({ status: "c" });
    notifier.say({ stopping: true });
    expect(words()).toEqual([["--status=a"]]);
    calls[0]?.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(words().slice(1)).toEqual([["--status=c", "WATCHDOG=1", "STOPPING=1"]]);
  });

  it("is said again, with what came meanwhile, when it could not be, and that is told once", async () => {
    const { notifier, calls, failures, words } = makeNotifier();
    notifier.say({ ready: true, status: "a" });
    for (const index of [0, 1]) {
      calls[index]?.fail(new Error("no memory"));
      notifier.say({ status: "b" });
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(words().slice(1)).toEqual(Array(2).fill([`--pid=${process.pid}`, "--ready", "--status=b"]));
    expect(failures).toEqual([new Error("no memory")]);
    calls[2]?.end();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(3);
  });

  it("is not said any more where there is no systemd-notify", async () => {
    const { notifier, calls, failures } = makeNotifier();
    notifier.say({ ready: true });
    calls[0]?.fail(Object.assign(new Error("spawn systemd-notify ENOENT"), { code: "ENOENT" }));
    await vi.advanceTimersByTimeAsync(10_000);
    notifier.say({ status: "b" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([calls.length, failures.length]).toEqual([1, 1]);
  });
});
