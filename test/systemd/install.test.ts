import { expect, it } from "vitest";
import { until } from "../support/until.js";
import { user } from "./box.mjs";
import { target, webPort } from "./product.mjs";
import {
  askDaemon,
  describeOnEach,
  describeOnOne,
  expectDone,
  fetchThrough,
  isAlive,
  listFiles,
  listProcesses,
  loginSessions,
  mainPid,
  makeBox,
  makeBoxWithService,
  makeBoxWithTunnel,
  readFile,
  show,
  systemctl,
  tryOut,
  type,
  unit,
  unitDir,
  untilServed,
  webForward,
  writeFile,
} from "./scene.js";

describeOnEach("install", (suite) => {
  it("makes the daemon a service that systemd calls started, with its say, and that goes on when its user has logged out", async () => {
    const box = await makeBoxWithService(suite);
    await until(async () => (await loginSessions(box)).length === 0);

    const { daemon } = await untilServed(box);
    expect(daemon.service).toBe("systemd");
    expect(await show(box)).toMatchObject({
      ActiveState: "active",
      SubState: "running",
      Type: "notify",
      UnitFileState: "enabled",
      NRestarts: "0",
      MainPID: String(daemon.pid),
      StatusText: expect.stringMatching(/\S/),
    });
    expect((await box.root(["loginctl", "show-user", user.name, "-p", "Linger", "--value"])).stdout).toBe("yes\n");
    expectDone(await box.user(["clawtunnel", "service", "status"]));
  });

  it("works for a user who has never logged in, in a shell of su's that knows no runtime folder", async () => {
    const box = await makeBox(suite);
    expectDone(await box.user(["clawtunnel", "install"], { env: { XDG_RUNTIME_DIR: undefined } }));
    expectDone(await box.user(["clawtunnel", "up", target, "-L", webForward, "--name", "web"], { env: { XDG_RUNTIME_DIR: undefined } }));
    expect((await untilServed(box)).daemon.service).toBe("systemd");
    expect(await loginSessions(box)).toEqual([]);
  });

  it("leaves no file and no process after an uninstall, and says that lingering stays", async () => {
    const box = await makeBoxWithTunnel(suite);
    await type(box, "daemon", "--stop");
    const before = await listFiles(box);
    await type(box, "install");
    await untilServed(box);

    const { stdout, stderr } = await type(box, "uninstall");
    expect(stdout + stderr).toContain("linger");
    expect(await listFiles(box)).toEqual(before);
    expect(await listProcesses(box)).toEqual([]);
    expect((await show(box)).LoadState).toBe("not-found");
    await type(box, "uninstall");
  });
});

describeOnOne("install", (suite) => {
  it("does nothing the second time", async () => {
    const box = await makeBoxWithService(suite);
    const pid = await mainPid(box);
    await type(box, "install");
    expect(await show(box)).toMatchObject({ MainPID: String(pid), NRestarts: "0" });
  });

  it("takes over from a daemon that runs by hand, with what is not saved", async () => {
    const box = await makeBoxWithTunnel(suite);
    await type(box, "up", target, "-L", `8081:127.0.0.1:${webPort}`, "--name", "passing", "--once");
    const byHand = await askDaemon(box);
    expect(byHand?.daemon.service).toBe("none");

    await type(box, "install");
    expect(await isAlive(box, byHand?.daemon.pid ?? 0)).toBe(false);
    const { daemon } = await untilServed(box);
    expect(daemon).toMatchObject({ service: "systemd", pid: await mainPid(box) });
    await untilServed(box, "passing");
    expect(await fetchThrough(box, 8081)).toBe("ok\n");
  });

  it("shows no child how to speak to systemd in the daemon's name", async () => {
    const box = await makeBox(suite);
    const seen = `${user.home}/seen-by`;
    // ssh puts an `exec` before it.
    const proxy = (name: string) => `ProxyCommand=sh -c 'env >${seen}-${name}; exec ssh -W %h:%p ${target}'`;
    await type(box, "install");
    await type(box, "up", target, "-o", proxy("ssh2"), "-L", webForward, "--name", "web");
    await type(box, "up", target, "-o", proxy("openssh"), "-L", `8081:127.0.0.1:${webPort}`, "--name", "other", "--engine", "openssh");
    for (const name of ["ssh2", "openssh"]) {
      const variables = await readFile(box, `${seen}-${name}`);
      expect(variables).toMatch(/^HOME=/m);
      expect(variables).not.toMatch(/^(NOTIFY_SOCKET|WATCHDOG_\w+|CLAWTUNNEL_SERVICE)=/m);
    }
  });

  it("is heard by systemd also where a drop-in gives it a PATH without systemd-notify", async () => {
    const box = await makeBoxWithTunnel(suite);
    await writeFile(box, `${unitDir}/${unit}.d/path.conf`, "[Service]\nEnvironment=PATH=/nowhere\n");
    await type(box, "install");
    expect(await show(box)).toMatchObject({ ActiveState: "active", StatusText: expect.stringMatching(/\S/) });
  });

  it("leaves a unit of the same name that a person wrote as it is", async () => {
    const box = await makeBoxWithTunnel(suite);
    const path = `${unitDir}/${unit}`;
    const own = "[Service]\nExecStart=/bin/sleep infinity\n";
    await writeFile(box, path, own);
    expect((await tryOut(box, "install")).stderr).toContain(`${path} was not written by clawtunnel`);
    await type(box, "uninstall");
    expect(await readFile(box, path)).toBe(own);
  });

  it("puts back what was there when the service does not come up", async () => {
    const box = await makeBoxWithTunnel(suite);
    await writeFile(box, `${unitDir}/${unit}.d/broken.conf`, "[Service]\nExecStartPre=/bin/false\n");
    const before = await listFiles(box);

    const { code, stderr } = await tryOut(box, "install");
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(unit);
    expect(await listFiles(box)).toEqual(before);
    expect((await systemctl(box, "is-enabled", unit)).stdout).not.toMatch(/^enabled/);
    expect((await untilServed(box)).daemon.service).toBe("none");
  });
});
