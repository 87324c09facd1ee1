import { expect, it } from "vitest";
import { until } from "../support/until.js";
import { describeOnEach, expectDone, loginSessions, makeBox, show, systemctl, unitDir, writeFile } from "./scene.js";

const plain = `[Service]
ExecStart=/usr/bin/sleep infinity
Restart=always
[Install]
WantedBy=default.target
`;

// Without these the tests beside this one could prove nothing.
describeOnEach("a box", (suite) => {
  it("boots a user's own service with nobody logged in for who lingers, and not for who does not", async () => {
    const box = await makeBox(suite);
    expect((await box.login(["systemctl", "--user", "is-system-running"])).stdout).toBe("running\n");
    await writeFile(box, `${unitDir}/plain.service`, plain);
    expectDone(await box.login(["systemctl", "--user", "enable", "--now", "plain.service"]));

    await box.reboot();
    expect((await box.root(["systemctl", "show", "-p", "ActiveState", "user@1000.service"])).stdout).toBe("ActiveState=inactive\n");

    expectDone(await box.login(["loginctl", "enable-linger"]));
    await box.reboot();
    expect(await until(async () => (await show(box, "plain.service")).ActiveState === "active")).toBe(true);
    expect(await loginSessions(box)).toEqual([]);
    await box.powerOff();
  });

  it("counts who has logged in as a session, and a command beside it not", async () => {
    const box = await makeBox(suite);
    expect((await box.login(["sh", "-c", "loginctl show-session $XDG_SESSION_ID -p Name -p Class"])).stdout).toBe(
      "Name=claw\nClass=user\n",
    );
    await until(async () => (await loginSessions(box)).length === 0);
    expect((await box.user(["sh", "-c", "echo $XDG_SESSION_ID"])).stdout).toBe("\n");
    expect(await loginSessions(box)).toEqual([]);
  });

  it("starts again what is killed, under another pid", async () => {
    const box = await makeBox(suite);
    expectDone(await box.login(["loginctl", "enable-linger"]));
    await writeFile(box, `${unitDir}/plain.service`, plain);
    expectDone(await systemctl(box, "daemon-reload"));
    expectDone(await systemctl(box, "start", "plain.service"));
    const { MainPID } = await show(box, "plain.service");
    expectDone(await box.root(["kill", "-9", String(MainPID)]));
    const again = await until(async () => {
      const now = await show(box, "plain.service");
      return now.SubState === "running" && now.MainPID !== MainPID && now;
    });
    expect(again).toMatchObject({ NRestarts: "1" });
  });
});
