import { describe, expect, it } from "vitest";
import { performSteps } from "../../../../src/service/flows/perform.js";
import type { CommandResult, RunStep, Step } from "../../../../src/service/service.js";
import { systemdService } from "../../../../src/service/systemd/systemd-service.js";
import { linuxFacts } from "../../../support/service-facts.js";
import { stepHands } from "../../../support/step-hands.js";

const service = systemdService(linuxFacts());
const systemService = systemdService(linuxFacts({ wishes: { scope: "system" } }));

function commands(steps: readonly Step[]): string[] {
  return steps.map((step) => (step.do === "run" ? step.argv.join(" ") : step.do));
}

function run(steps: readonly Step[], find: string): RunStep {
  const step = steps.find((one) => one.do === "run" && one.argv.includes(find));
  if (step?.do !== "run") throw new Error(`no step with ${find}`);
  return step;
}

function ended(code: number | null, stderr = "", stdout = ""): CommandResult {
  return { argv: [], code, stdout, stderr, problem: code === null ? "spawn ENOENT" : null };
}

/** Carries the steps out where each command ends as `answer` says. */
async function perform(steps: readonly Step[], answer: (words: string) => CommandResult): Promise<void> {
  await performSteps(
    steps,
    stepHands(async ({ argv }) => answer(argv.join(" "))),
    new AbortController().signal,
  );
}

describe("to enrol", () => {
  const file = "/home/claw/.config/systemd/user/clawtunnel.service";

  it("has the daemon start while it sees to the next boot", () => {
    expect(commands(service.enrol)).toEqual([
      "systemctl --user daemon-reload",
      `systemd-analyze verify --user --man=no ${file}`,
      "systemctl --user restart --no-block clawtunnel.service",
      "systemctl --user reenable clawtunnel.service",
      "loginctl enable-linger claw",
    ]);
  });

  it("turns lingering on before all else where the user's systemd does not run, which that starts", () => {
    expect(commands(systemdService(linuxFacts({ systemd: { runtimeDir: null } })).enrol)[0]).toBe("loginctl enable-linger claw");
  });

  it("needs no lingering for the machine's systemd", () => {
    expect(commands(systemService.enrol)).toEqual([
      "systemctl daemon-reload",
      "systemd-analyze verify --man=no /etc/systemd/system/clawtunnel.service",
      "systemctl restart --no-block clawtunnel.service",
      "systemctl reenable clawtunnel.service",
    ]);
  });

  it("finds the user's systemd from a shell that has no XDG_RUNTIME_DIR, also when that is not there yet", () => {
    const early = systemdService(linuxFacts({ systemd: { runtimeDir: null }, user: { uid: 1234 } }));
    expect(run(early.enrol, "daemon-reload").env).toEqual({ XDG_RUNTIME_DIR: "/run/user/1234" });
    expect(run(systemService.enrol, "daemon-reload").env).toBeUndefined();
  });

  it("waits for a user's systemd that lingering has only just started", async () => {
    const { judge, againForMs } = run(service.enrol, "daemon-reload");
    expect(await judge?.(ended(1, "Failed to connect to bus: No such file or directory\n"), async () => ended(1))).toBe("again");
    expect(againForMs).toBeGreaterThan(0);
  });

  it("goes on where lingering is refused: what came of it is looked at, not what was said", async () => {
    const done: string[] = [];
    await perform(service.enrol, (words) => {
      done.push(words);
      return words.startsWith("loginctl") ? ended(1, "Could not enable linger: Access denied\n") : ended(0);
    });
    expect(done).toEqual(commands(service.enrol));
  });

  it.each([
    [
      "our unit's program is missing",
      ended(1, "clawtunnel.service: Command /usr/bin/node is not executable: No such file or directory\n"),
      "failed",
    ],
    ["our unit has a key that this systemd does not know", ended(0, "/x/clawtunnel.service:33: Unknown key name 'RestartSteps'\n"), "done"],
    ["it cannot work here", ended(1, "Failed to create directory '/run/user/1000/systemd/': No such file or directory\n"), "done"],
    ["it is not installed", ended(null), "done"],
  ])("judges systemd-analyze by what it says of our unit: %s", async (_, result, verdict) => {
    expect(await run(service.enrol, "verify").judge?.(result, async () => ended(1))).toBe(verdict);
  });
});

describe("to stop and to withdraw", () => {
  const missing = ended(5, "Failed to stop clawtunnel.service: Unit clawtunnel.service not loaded.\n");
  const shown = (active: string, file: string) => ended(0, "", `ActiveState=${active}\nUnitFileState=${file}\n`);

  it("takes the watch on the config file along, and leaves no failure behind", () => {
    expect(commands(service.stop)).toEqual([
      "systemctl --user stop clawtunnel.service clawtunnel.path",
      "systemctl --user reset-failed clawtunnel.service",
    ]);
    expect(commands(service.withdraw)).toEqual([
      "systemctl --user disable --now clawtunnel.service",
      "systemctl --user stop clawtunnel.path",
    ]);
  });

  it.each([
    ["a service that is not there", shown("inactive", "")],
    ["a service that has failed", shown("failed", "disabled")],
  ])("has done its work for %s, whatever the command made of it", async (_, state) => {
    const answer = (words: string) => (words.includes("show") ? state : missing);
    await expect(perform(service.stop, answer)).resolves.toBeUndefined();
    await expect(perform(service.withdraw, answer)).resolves.toBeUndefined();
  });

  it.each([
    ["the service still runs", shown("active", "disabled")],
    ["systemd would start it at the next boot", shown("inactive", "enabled")],
    ["systemd cannot be asked", ended(1, "Failed to connect to bus: No medium found\n")],
  ])("has not withdrawn it while %s", async (_, state) => {
    const answer = (words: string) => (words.includes("show") ? state : missing);
    await expect(perform(service.withdraw, answer)).rejects.toMatchObject({ code: "service-manager-failed" });
  });

  it("forgets what may be forgotten already", async () => {
    await expect(perform(service.forget, () => missing)).resolves.toBeUndefined();
  });
});

it("starts over, without the failures of before, and does not wait for systemd", () => {
  expect(commands(service.start)).toEqual([
    "systemctl --user reset-failed clawtunnel.service",
    "systemctl --user start --no-block clawtunnel.service",
  ]);
  expect(commands(service.restart)).toEqual(["systemctl --user restart --no-block clawtunnel.service"]);
});

it("says what it leaves, where its log is, and what it cannot do here", () => {
  expect(service).toMatchObject({ manager: "systemd", scope: "user", name: "clawtunnel.service", warnings: [] });
  expect(service.leaves).toEqual([expect.stringContaining("loginctl disable-linger claw")]);
  expect(service.logHint).toBe("journalctl --user-unit=clawtunnel.service");
  expect(systemService).toMatchObject({ scope: "system", leaves: [], logHint: "journalctl --unit=clawtunnel.service" });
  expect(systemdService(linuxFacts({ systemd: { canNotify: false } })).warnings).toEqual([expect.stringContaining("systemd-notify")]);
});

it("is none where systemd does not run the machine", () => {
  expect(() => systemdService(linuxFacts({ systemd: null }))).toThrow(expect.objectContaining({ code: "service-unavailable" }));
});
