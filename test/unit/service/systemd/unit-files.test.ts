import { describe, expect, it } from "vitest";
import type { ServiceFacts } from "../../../../src/service/facts.js";
import { unitFiles } from "../../../../src/service/systemd/unit-files.js";
import { linuxFacts } from "../../../support/service-facts.js";
import { readCommand, readUnit, readWords } from "../../../support/unit-reader.js";

/** The two units without their comments. */
function settings(facts: ServiceFacts): string[] {
  return unitFiles(facts).map(({ contents }) =>
    contents
      .replace(/^#.*\n/gm, "")
      .replace(/\n{2,}/g, "\n")
      .trim(),
  );
}

function serviceOf(facts: ServiceFacts): Readonly<Record<string, readonly string[]>> {
  return readUnit(unitFiles(facts)[0].contents);
}

describe("for a user", () => {
  it("is one service and one watch on its config file", () => {
    const [service, watch] = settings(linuxFacts());
    expect(service).toBe(`[Unit]
Description=clawtunnel SSH tunnel manager
Wants=clawtunnel.path
StartLimitIntervalSec=0
[Service]
Type=notify
NotifyAccess=all
WatchdogSec=120
ExecStart="/usr/bin/node" "/usr/lib/node_modules/clawtunnel/dist/daemon/clawtunnel-daemon.js" "service"
Restart=always
RestartSec=1
RestartPreventExitStatus=78
SuccessExitStatus=143
TimeoutStartSec=60
TimeoutStopSec=20
KillMode=mixed
OOMPolicy=continue
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SyslogIdentifier=clawtunnel
Environment="CLAWTUNNEL_SERVICE=systemd"
Environment="PATH=/usr/bin:/bin"
[Install]
WantedBy=default.target`);
    expect(watch).toBe(`[Unit]
Description=clawtunnel SSH tunnel manager: its config file
PartOf=clawtunnel.service
[Path]
PathChanged=/home/claw/.config/clawtunnel/config.json
Unit=clawtunnel.service`);
  });

  it("lies where the user's systemd looks, whatever XDG_CONFIG_HOME the shell has", () => {
    expect(unitFiles(linuxFacts({ env: { XDG_CONFIG_HOME: "/elsewhere" } })).map(({ path, mode }) => [path, mode])).toEqual([
      ["/home/claw/.config/systemd/user/clawtunnel.service", 0o644],
      ["/home/claw/.config/systemd/user/clawtunnel.path", 0o644],
    ]);
  });

  it("slows down after more crashes where systemd can", () => {
    const paceOf = (version: number) => {
      const unit = serviceOf(linuxFacts({ systemd: { version } }));
      return ["RestartSec", "RestartSteps", "RestartMaxDelaySec"].map((key) => unit[`Service.${key}`]?.[0]);
    };
    expect(paceOf(253)).toEqual(["1", undefined, undefined]);
    expect(paceOf(254)).toEqual(["250ms", "5", "5"]);
  });

  it("neither waits for a word from the daemon nor watches it where systemd-notify is missing", () => {
    const unit = serviceOf(linuxFacts({ systemd: { canNotify: false } }));
    expect(unit["Service.Type"]).toEqual(["exec"]);
    expect(Object.keys(unit).filter((key) => /Notify|Watchdog/.test(key))).toEqual([]);
  });

  it("leaves out what a setuid ProxyCommand would trip over when asked to", () => {
    const keys = Object.keys(serviceOf(linuxFacts({ wishes: { isHardened: false } })));
    expect(keys.filter((key) => /NoNewPrivileges|LockPersonality|Restrict|SystemCall/.test(key))).toEqual([]);
    expect(keys).toContain("Service.UMask");
  });

  it("is another service with two units of its own for another CLAWTUNNEL_HOME", () => {
    const files = unitFiles(linuxFacts({ instance: "1a2b3c4d", env: { CLAWTUNNEL_HOME: "/srv/other" } }));
    expect(files.map(({ path }) => path.split("/").at(-1))).toEqual(["clawtunnel-1a2b3c4d.service", "clawtunnel-1a2b3c4d.path"]);
    expect(readUnit(files[0].contents)["Unit.Wants"]).toEqual(["clawtunnel-1a2b3c4d.path"]);
    expect(readUnit(files[1].contents)).toMatchObject({
      "Unit.PartOf": ["clawtunnel-1a2b3c4d.service"],
      "Path.Unit": ["clawtunnel-1a2b3c4d.service"],
    });
  });
});

describe("for the machine", () => {
  const facts = linuxFacts({ wishes: { scope: "system" } });

  it("runs as the user, in the user's home, and from boot on", () => {
    const [service] = unitFiles(facts);
    expect(service.path).toBe("/etc/systemd/system/clawtunnel.service");
    expect(readUnit(service.contents)).toMatchObject({
      "Service.User": ["claw"],
      "Service.WorkingDirectory": ["~"],
      "Unit.RequiresMountsFor": ['"/home/claw"'],
      "Install.WantedBy": ["multi-user.target"],
    });
    expect(environmentOf(facts)).toEqual(["CLAWTUNNEL_SERVICE=systemd", "PATH=/usr/bin:/bin", "HOME=/home/claw"]);
  });

  it.each(["DOMAIN\\claw", "1000", "two words", "50%"])("names the user by number where systemd would not take the name: %s", (name) => {
    expect(serviceOf({ ...facts, user: { ...facts.user, name } })["Service.User"]).toEqual(["1000"]);
  });
});

describe("what the installation found", () => {
  it("is read back as it was, however it is spelt", () => {
    const odd = { CLAWTUNNEL_HOME: '/home/claw/50% of "$HOME"\\', XDG_STATE_HOME: "/home/größe {{user}} " };
    const facts = linuxFacts({
      program: { node: "/opt/no de/$x/100%/node", nodeOptions: ["--title=$x %n"], script: "/opt/it's/\\/main.js" },
      searchPath: "/opt/100%/bin:/a b/$PATH",
      env: odd,
    });
    expect(readCommand(serviceOf(facts)["Service.ExecStart"]?.[0] ?? "")).toEqual([
      facts.program.node,
      "--title=$x %n",
      "/opt/it's/\\/main.js",
      "service",
    ]);
    expect(environmentOf(facts)).toEqual([
      "CLAWTUNNEL_SERVICE=systemd",
      `PATH=${facts.searchPath}`,
      ...Object.entries(odd).map(([name, value]) => `${name}=${value}`),
    ]);
  });
});

it("has nothing in it that ssh or node would not survive, and no comment behind a value", () => {
  const files = unitFiles(linuxFacts({ wishes: { scope: "system" } }));
  for (const { contents } of files) {
    expect(contents).not.toMatch(/\{\{|network-online/);
    expect(contents).not.toMatch(/^(Private|Protect|MemoryDeny|SystemCallFilter|CapabilityBoundingSet|StateDirectory|DynamicUser)/m);
    // Behind a value, systemd would take it for a part of the value.
    expect(contents).not.toMatch(/^[^#\n].*[ \t]#/m);
  }
});

function environmentOf(facts: ServiceFacts): string[] {
  return (serviceOf(facts)["Service.Environment"] ?? []).flatMap(readWords);
}
