import { expect, it } from "vitest";
import { until } from "../support/until.js";
import {
  askDaemon,
  configFile,
  describeOnEach,
  describeOnOne,
  expectDone,
  mainPid,
  makeBoxWithService,
  readFile,
  readJournal,
  show,
  systemctl,
  tryOut,
  type,
  unit,
  unitDir,
  untilBack,
  untilServed,
  writeFile,
} from "./scene.js";

const watch = "clawtunnel.path";

describeOnEach("the service", (suite) => {
  it("is back with its tunnel after its daemon was killed", async () => {
    const box = await makeBoxWithService(suite);
    const killed = await mainPid(box);
    expectDone(await box.root(["kill", "-9", String(killed)]));
    expect(await untilBack(box, killed)).toMatchObject({ NRestarts: "1" });
  });

  it("is started again by the watchdog when its daemon does nothing any more", async () => {
    const box = await makeBoxWithService(suite);
    await writeFile(box, `${unitDir}/${unit}.d/impatient.conf`, "[Service]\nWatchdogSec=3\n");
    expectDone(await systemctl(box, "daemon-reload"));
    expectDone(await systemctl(box, "restart", unit));
    await untilServed(box);

    const frozen = await mainPid(box);
    expectDone(await box.root(["kill", "-STOP", String(frozen)]));
    expect(await untilBack(box, frozen)).toMatchObject({ NRestarts: "1" });
    expect(await readJournal(box)).toContain("result 'watchdog'");
  });

  it("stops with the reason when its config is broken, and is back by itself when that is mended", async () => {
    const box = await makeBoxWithService(suite);
    const config = await readFile(box, configFile);
    await writeFile(box, configFile, `${config}]`);
    expect((await systemctl(box, "restart", unit)).code).not.toBe(0);
    // Failed is an end; on the way to another try it would be `activating`.
    await until(async () => (await show(box)).ActiveState === "failed");
    expect(await show(box)).toMatchObject({ ExecMainStatus: "78", NRestarts: "0" });

    const { code, stdout, stderr } = await box.user(["clawtunnel", "service", "status"]);
    expect(code, stdout + stderr).not.toBe(0);
    expect(stdout + stderr).toContain(configFile);
    expect(await askDaemon(box)).toBeUndefined();

    await writeFile(box, configFile, config);
    await until(async () => (await show(box)).ActiveState === "active");
    await untilServed(box);
    expectDone(await box.user(["clawtunnel", "service", "status"]));
  });

  it("stays stopped when somebody stopped it, whatever is saved, until `up`", async () => {
    const box = await makeBoxWithService(suite);
    expectDone(await systemctl(box, "stop", unit));
    expect(await show(box)).toMatchObject({ ActiveState: "inactive", Result: "success" });
    expect(await show(box, watch)).toMatchObject({ ActiveState: "inactive" });

    await type(box, "up", "web");
    const { daemon } = await untilServed(box);
    expect(daemon).toMatchObject({ service: "systemd", pid: await mainPid(box) });
    expect(await show(box, watch)).toMatchObject({ ActiveState: "active" });
  });
});

describeOnOne("`service test`", (suite) => {
  it("kills the daemon, and sees it come back with its tunnel", async () => {
    const box = await makeBoxWithService(suite);
    const before = await mainPid(box);
    const { stdout, stderr } = await tryOut(box, "service", "test");
    expect(stdout + stderr).toContain("web");
    expect(await untilBack(box, before)).toMatchObject({ NRestarts: "1" });
  });
});
