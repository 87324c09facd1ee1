import { beforeEach, describe, expect, it } from "vitest";
import { prove } from "../../../../src/service/flows/prove.js";
import type { Service } from "../../../../src/service/service.js";
import { ownVersion, ServiceWorld, serviceOf } from "../../fixtures/service-world.js";

const { signal } = new AbortController();
let world: ServiceWorld;
let killed: number[];

beforeEach(() => {
  world = new ServiceWorld();
  killed = [];
});

/** A daemon that is killed, and what the manager makes of it. */
function proveIt(onKill: () => void, service: Service = serviceOf(world)) {
  const kill = (pid: number) => {
    killed.push(pid);
    world.daemon = undefined;
    world.verified = [];
    onKill();
  };
  return prove(service, { run: world.run, pace: world.pace, snapshot: world.link.snapshot, kill }, signal);
}

function comesBack(afterMs: number): number {
  const pid = world.nextPid();
  world.after(afterMs, () => {
    world.daemon = { pid, version: ownVersion, service: "systemd" };
  });
  return pid;
}

describe("the proof", () => {
  it("kills the daemon once, and tells when it was back and when its tunnels were", async () => {
    world.install();
    world.verified = ["db", "web"];
    const killedPid = world.daemon?.pid;
    let pid: number | undefined;
    const proof = await proveIt(() => {
      pid = comesBack(2_000);
      world.after(2_400, () => {
        world.verified = ["db"];
      });
      world.after(3_000, () => {
        world.verified = ["web", "db", "new"];
      });
    });
    expect(proof).toEqual({ killedPid, pid, backAfterMs: 2_000, tunnels: ["db", "web"], verifiedAfterMs: 3_000, notVerified: [] });
    expect(killed).toEqual([killedPid]);
  });

  it("waits for no tunnel that was not verified before", async () => {
    world.install();
    expect(await proveIt(() => comesBack(500))).toMatchObject({ tunnels: [], backAfterMs: 500, verifiedAfterMs: 500 });
  });

  it("names the tunnels that are not verified again in time", async () => {
    world.install();
    world.verified = ["db", "web"];
    const proof = await proveIt(() => {
      comesBack(500);
      world.after(900, () => {
        world.verified = ["web"];
      });
    });
    expect(proof).toMatchObject({ backAfterMs: 500, verifiedAfterMs: null, notVerified: ["db"] });
  });

  it("fails when no daemon is back, and says what the manager says and how to start it", async () => {
    world.install();
    await expect(
      proveIt(() => {
        world.state = "failed";
      }),
    ).rejects.toMatchObject({
      code: "service-not-up",
      message: expect.stringMatching(/was killed, and 15\d\d\d ms later none is back; systemd says: failed, status 78/),
      hint: expect.stringContaining("`clawtunnel service start`"),
    });
  });

  it.each<[string, string, () => void]>([
    [
      "no daemon runs",
      "daemon-not-running",
      () => {
        world.daemon = undefined;
      },
    ],
    ["it runs by hand", "service-unavailable", () => void world.startByHand()],
    [
      "the manager runs another one",
      "service-unavailable",
      () => {
        world.daemon = { pid: 7, version: ownVersion, service: "systemd" };
      },
    ],
  ])("kills nothing when %s", async (_, code, change) => {
    world.install();
    change();
    await expect(proveIt(() => {})).rejects.toMatchObject({ code });
    expect(killed).toEqual([]);
  });

  it("kills nothing that only cron would start again", async () => {
    world.startByHand();
    await expect(proveIt(() => {}, serviceOf(world, "", { manager: "cron", files: [] }))).rejects.toMatchObject({
      code: "service-unavailable",
    });
    expect(killed).toEqual([]);
  });
});
