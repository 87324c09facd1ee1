import { expect, it } from "vitest";
import { npmPrefix, user } from "./box.mjs";
import { newerVersion, tarballs, target, webPort } from "./product.mjs";
import {
  askDaemon,
  describeOnEach,
  describeOnOne,
  expectDone,
  listFiles,
  loginSessions,
  mainPid,
  makeBoxWithService,
  makeBoxWithTunnel,
  tryOut,
  type,
  untilServed,
} from "./scene.js";

describeOnEach("the service", (suite) => {
  it("has its tunnel after a reboot with nobody logged in, and again after the next", async () => {
    const box = await makeBoxWithService(suite);
    for (let reboots = 0; reboots < 2; reboots += 1) {
      await box.reboot();
      expect((await untilServed(box)).daemon.service).toBe("systemd");
      expect(await loginSessions(box)).toEqual([]);
    }
  });

  it("of the whole machine, which root installs for who became root by sudo, is there after a reboot without lingering", async () => {
    const box = await makeBoxWithTunnel(suite);
    const before = await listFiles(box);
    const sudo = (...words: string[]) =>
      box.root([`${npmPrefix}/bin/clawtunnel`, ...words], {
        env: { SUDO_USER: user.name, PATH: `${npmPrefix}/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
      });
    expectDone(await sudo("install", "--system"));
    expect((await untilServed(box)).daemon.service).toBe("systemd");

    await box.reboot();
    const { daemon } = await untilServed(box);
    expect(daemon.service).toBe("systemd");
    expect((await box.root(["stat", "-c", "%U", `/proc/${daemon.pid}`])).stdout).toBe(`${user.name}\n`);
    expect(await loginSessions(box)).toEqual([]);

    expectDone(await sudo("uninstall"));
    expect(await askDaemon(box)).toBeUndefined();
    expect((await listFiles(box)).filter((path) => !before.includes(path))).toEqual([]);
  });
});

describeOnOne("the service", (suite) => {
  it("is not there after an uninstall and a reboot", async () => {
    const box = await makeBoxWithService(suite);
    await type(box, "uninstall");
    await box.reboot();
    expect(await askDaemon(box)).toBeUndefined();
  });

  it("goes on with the old version after an upgrade, until one command replaces it with the new one and every tunnel", async () => {
    const box = await makeBoxWithService(suite);
    await type(box, "up", target, "-L", `8081:127.0.0.1:${webPort}`, "--name", "other");
    const { daemon: old } = await untilServed(box);
    expectDone(await box.login(["npm", "install", "--silent", "--global", tarballs.newer]));
    expect((await type(box, "--version")).stdout).toBe(`${newerVersion}\n`);

    const told = await tryOut(box, "status");
    expect(told.stdout + told.stderr).toContain("clawtunnel restart --daemon");
    expect((await askDaemon(box))?.daemon).toMatchObject({ pid: old.pid, version: old.version });

    await type(box, "restart", "--daemon");
    const { daemon, tunnels } = await untilServed(box, "other");
    expect(daemon).toMatchObject({ service: "systemd", version: newerVersion, pid: await mainPid(box) });
    expect(tunnels.map(({ name }) => name).sort()).toEqual(["other", "web"]);
    await untilServed(box);
    const after = await tryOut(box, "status");
    expect(after.stdout + after.stderr).not.toContain("restart --daemon");
  });
});
