import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronService } from "../../../../src/service/cron/cron-service.js";
import { cronWord } from "../../../../src/service/cron/crontab-line.js";
import type { CommandResult, Step } from "../../../../src/service/service.js";
import { linuxFacts } from "../../../support/service-facts.js";

const ours =
  "@reboot exec /usr/bin/env 'CLAWTUNNEL_SERVICE=cron' 'PATH=/usr/bin:/bin' '/usr/bin/node' " +
  "'/usr/lib/node_modules/clawtunnel/dist/daemon/clawtunnel-daemon.js' 'service' >/dev/null 2>&1 # by clawtunnel install";

function serviceWith(crontab: string, changes: Parameters<typeof linuxFacts>[0] = {}) {
  return cronService(linuxFacts({ systemd: null, crontab, ...changes }));
}

/** What is done, with a command's input behind it. */
function done(steps: readonly Step[]): string[] {
  return steps.map((step) => (step.do === "run" ? `${step.argv.join(" ")} < ${JSON.stringify(step.input ?? "")}` : step.do));
}

describe("to enrol", () => {
  it("puts one line behind the others and starts the daemon that it names", () => {
    expect(done(serviceWith("MAILTO=me\n5 4 * * * backup").enrol)).toEqual([
      `crontab - < ${JSON.stringify(`MAILTO=me\n5 4 * * * backup\n${ours}\n`)}`,
      "end-daemon",
      "start-daemon",
    ]);
  });

  it("takes the place of its own line, and of no other: not of a comment, not of another home's", () => {
    const others = `#${ours}\n${ours} (1a2b3c4d)\n@reboot clawtunnel daemon\n`;
    const before = `${others.slice(0, -1)}\n@reboot /old/node # by clawtunnel install\n`;
    expect(done(serviceWith(before).enrol)[0]).toBe(`crontab - < ${JSON.stringify(`${others}${ours}\n`)}`);
  });

  it("keeps two homes apart", () => {
    const [step] = done(serviceWith(`${ours}\n`, { instance: "1a2b3c4d", env: { CLAWTUNNEL_HOME: "/srv/x" } }).enrol);
    expect(step).toContain("'CLAWTUNNEL_HOME=/srv/x'");
    expect(step).toContain(JSON.stringify(`${ours}\n`).slice(0, -1));
    expect(step).toContain("# by clawtunnel install (1a2b3c4d)");
  });

  it("leaves a PATH out that cron would cut the command for, and says so", () => {
    const service = serviceWith("", { searchPath: "/a/long/folder:".repeat(100) });
    expect(done(service.enrol)[0]).toContain("'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'");
    expect(service.warnings).toContainEqual(expect.stringContaining("PATH is too long"));
  });

  it("refuses a command that cron would cut even so", () => {
    expect(() => serviceWith("", { program: { script: `/${"x".repeat(1000)}` } })).toThrow("cron takes 998 bytes");
  });

  it("refuses to write back what it could not read", () => {
    expect(() => serviceWith("# gr\ufffd\ufffde\n")).toThrow("not UTF-8");
  });

  it("says that nothing starts it again after a crash", () => {
    expect(serviceWith("").warnings).toContainEqual(expect.stringContaining("after a crash nothing starts it again"));
  });
});

describe("to withdraw", () => {
  it("gives the crontab back as it was before", () => {
    const before = "MAILTO=me\n\n# mine\n";
    expect(done(serviceWith(`${before}${ours}\n`).withdraw)).toEqual([`crontab - < ${JSON.stringify(before)}`, "end-daemon"]);
  });

  it("takes a crontab away that held nothing else", () => {
    expect(done(serviceWith(`${ours}\n`).withdraw)).toEqual(['crontab -r < ""', "end-daemon"]);
  });

  it("gives it back also when the facts are from before the install that failed", () => {
    expect(done(serviceWith("# mine\n").withdraw)).toEqual(['crontab - < "# mine\\n"', "end-daemon"]);
  });
});

it("is the daemon's own business to stop and start between two boots", () => {
  const service = serviceWith("");
  expect([service.start, service.stop, service.restart].map(done)).toEqual([
    ["start-daemon"],
    ["end-daemon"],
    ["end-daemon", "start-daemon"],
  ]);
});

describe("a look at the crontab", () => {
  const listed = (code: number | null, stdout: string, stderr = ""): CommandResult => {
    return { argv: [], code, stdout, stderr, problem: code === null ? "spawn crontab ENOENT" : null };
  };
  const look = (result: CommandResult) => serviceWith("").look.read([result]);

  it("finds the line that an install would write", () => {
    expect(look(listed(0, `# mine\n${ours}\n`))).toMatchObject({ isEnabled: true, pid: null, findings: [] });
  });

  it("finds it as it should be from a shell with another PATH", () => {
    const elsewhere = ours.replace(/PATH=[^']*/, "PATH=/opt/it'\\''s/bin");
    expect(look(listed(0, `${elsewhere}\n`))).toMatchObject({ isEnabled: true, findings: [] });
  });

  it("finds one that an install would write otherwise", () => {
    const report = look(listed(0, "@reboot /old/node # by clawtunnel install\n"));
    expect(report).toMatchObject({ isEnabled: true, findings: [{ code: "crontab-line-differs" }] });
  });

  it.each([
    ["no line of ours", listed(0, "# mine\n")],
    ["no crontab at all", listed(1, "", "no crontab for claw\n")],
  ])("finds %s", (_, result) => {
    expect(look(result)).toMatchObject({ state: "absent", isEnabled: false });
  });

  it("cannot be had where cron refuses this user, and that is said in cron's words", () => {
    const refused = "You (claw) are not allowed to use this program (crontab)";
    expect(look(listed(1, "", `${refused}\n`))).toMatchObject({ state: "unreachable", detail: refused });
    expect(look(listed(null, ""))).toMatchObject({ state: "unreachable", detail: "spawn crontab ENOENT" });
  });
});

it("is none where there is no crontab", () => {
  expect(() => cronService(linuxFacts({ crontab: null }))).toThrow(expect.objectContaining({ code: "service-unavailable" }));
});

describe("a word of the command", () => {
  /** What crons make of a command before the shell has it: some pass it on, some take the backslash from `\%`, some from `\\` too. */
  const crons: readonly (readonly [name: string, (command: string) => string])[] = [
    ["Vixie's", endAtPercent],
    ["cronie's", (command) => endAtPercent(command).replace(/\\(.)/g, (pair, next: string) => (next === "%" ? next : pair))],
    ["FreeBSD's", (command) => endAtPercent(command).replace(/\\(.)/g, (pair, next: string) => (/[%\\]/.test(next) ? next : pair))],
    ["BusyBox's", (command) => command],
  ];

  /** Behind a `%` that no backslash guards is not the command but its input. */
  function endAtPercent(command: string): string {
    return /^(?:\\.|[^\\%])*/.exec(command)?.[0] ?? "";
  }

  it.skipIf(process.platform === "win32").each(crons)("reaches the program as it was through %s cron and sh", (_, cron) => {
    const words = fc.sample(fc.string({ unit: fc.constantFrom(..."%\\'\"$`;#&é {}~*ab") }), { numRuns: 200, seed: 5 });
    const program = [process.execPath, "-e", "process.stdout.write(JSON.stringify(process.argv.slice(1)))", "--"];
    const { stdout } = spawnSync("/bin/sh", ["-c", cron([...program, ...words].map(cronWord).join(" "))], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toEqual(words);
  });

  it("cannot hold a line's end", () => {
    expect(() => cronWord("a\nb")).toThrow(expect.objectContaining({ code: "service-unavailable" }));
  });
});
