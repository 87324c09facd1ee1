import { expect, it } from "vitest";
import { fetchText, makeHome, makeOpenScene, tunnels } from "./scene.js";

it("replaces the daemon in one step, and has every tunnel again that was not down", async () => {
  const { home, port } = await makeOpenScene();
  const before = home.daemonPid();

  const answer = await home.run("restart", "--daemon");

  expect(answer, answer.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^web {2}verified/) });
  expect(answer.stderr).toContain(`in place of`);
  expect(home.daemonPid()).not.toBe(before);
  expect(await tunnels(home)).toMatchObject([{ name: "web", health: "verified" }]);
  expect(await fetchText(port)).toBe("ok\n");
});

it("leaves down what was down when the daemon is replaced", async () => {
  const { home } = await makeOpenScene();
  await home.run("down", "web");

  expect(await home.run("restart", "--daemon")).toMatchObject({ code: 0, stdout: "" });

  expect(await tunnels(home)).toMatchObject([{ name: "web", phase: "stopped" }]);
});

it("has no service where none was installed, and says what to do", async () => {
  const home = makeHome();

  expect(await home.run("service", "status")).toEqual({
    code: 3,
    stdout: "no service is installed; no daemon runs\n  install one: clawtunnel install\n",
    stderr: "",
  });
  expect(await home.run("uninstall")).toEqual({ code: 0, stdout: "no service is installed; nothing was to be done\n", stderr: "" });
  for (const words of [
    ["service", "test"],
    ["service", "start"],
    ["service", "stop"],
    ["service", "restart"],
  ]) {
    const answer = await home.run(...words);
    expect(answer, words.join(" ")).toMatchObject({ code: 1, stdout: "" });
    expect(answer.stderr).toContain("`clawtunnel install`");
  }
  expect((await home.run("restart", "--daemon")).code).toBe(3);
  expect((await home.run("restart", "web", "--daemon")).code).toBe(2);
  expect(home.daemonPid()).toBeUndefined();
});
