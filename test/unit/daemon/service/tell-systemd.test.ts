import { describe, expect, it, vi } from "vitest";
import type { ServiceMessage } from "../../../../src/daemon/service/notify.js";
import { tellSystemd } from "../../../../src/daemon/service/tell-systemd.js";
import { useFakeTime } from "../../fixtures/fake-time.js";

useFakeTime();

/** A daemon whose control API answers as long as `isAnswering`, and of which `status` is true. */
function makeDaemon({ isAnswering = true, watchdogMs }: { isAnswering?: boolean; watchdogMs?: number } = {}) {
  const said: ServiceMessage[] = [];
  const daemon = { isAnswering, status: "0 of 1 tunnel up", said };
  const told = tellSystemd({
    say: (message) => said.push(message),
    isAnswering: async () => daemon.isAnswering,
    describe: () => daemon.status,
    watchdogMs,
  });
  const become = (status: string) => {
    daemon.status = status;
    told.changed();
  };
  return { daemon, told, said, become };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("systemd", () => {
  it("is told that the daemon is ready as soon as its control API answers, and not before", async () => {
    const { daemon, said, become } = makeDaemon({ isAnswering: false });
    await pass(5_000);
    become("1 tunnel up");
    expect(said).toEqual([]);
    daemon.isAnswering = true;
    await pass(100);
    expect(said).toEqual([{ ready: true, status: "1 tunnel up" }]);
  });

  it("is told at once what has changed, and what changes right after it when two seconds have passed", async () => {
    const { said, become } = makeDaemon();
    await pass(2_000);
    become("1 tunnel up");
    become("0 of 1 tunnel up");
    become("2 tunnels up");
    expect(said.slice(1)).toEqual([{ status: "1 tunnel up" }]);
    await pass(2_000);
    expect(said.slice(1)).toEqual([{ status: "1 tunnel up" }, { status: "2 tunnels up" }]);
  });

  it("is not told what it knows already", async () => {
    const { said, become } = makeDaemon();
    await pass(0);
    become("1 tunnel up");
    become("0 of 1 tunnel up");
    await pass(10_000);
    become("0 of 1 tunnel up");
    expect(said).toEqual([{ ready: true, status: "0 of 1 tunnel up" }]);
  });

  it("is told three times in the time of its watchdog that the daemon is well, as long as its control API answers", async () => {
    const { daemon, said } = makeDaemon({ watchdogMs: 30_000 });
    await pass(30_000);
    expect(said.slice(1)).toEqual([{ isWell: true }, { isWell: true }, { isWell: true }]);
    daemon.isAnswering = false;
    await pass(60_000);
    expect(said).toHaveLength(4);
    daemon.isAnswering = true;
    await pass(10_000);
    expect(said).toHaveLength(5);
  });

  it("is told that the daemon stops, and nothing more after that", async () => {
    const { told, said, become } = makeDaemon({ watchdogMs: 30_000 });
    await pass(0);
    become("1 tunnel up");
    told.stopping();
    become("no tunnel is wanted up");
    await pass(60_000);
    expect(said).toEqual([{ ready: true, status: "0 of 1 tunnel up" }, { stopping: true }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
