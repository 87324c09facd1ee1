import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import {
  editConfig,
  entryFor,
  fetchText,
  isVerified,
  makeEchoScene,
  makeScene,
  readConfig,
  startTalk,
  tunnels,
  untilTunnel,
  wordsFor,
} from "./scene.js";

it("opens a tunnel that was written into the file, and does not touch an open connection of another", async () => {
  const { home, sshd, servicePort, port } = await makeEchoScene();
  const talk = await startTalk(port);
  expect(await talk.say("before")).toBe("before");
  const before = await tunnels(home);

  const addedPort = await freePort();
  editConfig(home, (config) => {
    config.tunnels.added = entryFor(sshd, addedPort, servicePort);
  });
  expect(await talk.say("during")).toBe("during");
  await untilTunnel(home, "added", isVerified);

  expect(await talk.say("after")).toBe("after");
  expect((await tunnels(home))[0]).toMatchObject({ name: "web", since: before[0]?.since, reconnects: 0 });
  expect(await (await startTalk(addedPort)).say("hello")).toBe("hello");
});

it("closes the port of a tunnel that was taken out of the file, and of no other", async () => {
  const { home, sshd, servicePort, port } = await makeEchoScene();
  const otherPort = await freePort();
  await home.run("up", ...wordsFor(sshd, otherPort, servicePort), "--name", "other");
  const talk = await startTalk(port);

  editConfig(home, (config) => {
    delete config.tunnels.other;
  });

  await until(async () => (await tunnels(home)).length === 1);
  await expect(startTalk(otherPort)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await talk.say("still here")).toBe("still here");
});

it("moves a tunnel whose forward was edited to its new port", async () => {
  const { home, sshd, servicePort, port } = await makeEchoScene();
  const newPort = await freePort();

  editConfig(home, (config) => {
    config.tunnels.web = entryFor(sshd, newPort, servicePort);
  });

  await untilTunnel(home, "web", (tunnel) => tunnel.forwards[0]?.bind === `127.0.0.1:${newPort}` && isVerified(tunnel));
  expect(await (await startTalk(newPort)).say("hello")).toBe("hello");
  await expect(startTalk(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

it.each([
  { mistake: "a comma too many", broken: '{\n  "tunnels": {},\n}\n', place: "(line 3, column 1)" },
  { mistake: "a word that is no JSON", broken: '{\n  "tunnels": nothing\n}\n', place: "(line 2, column 15)" },
  { mistake: "half a file", broken: '{\n  "tunnels": {\n', place: "(line 3, column 1)" },
])("changes nothing for $mistake, says where it is, and forgets it when it is mended", async ({ broken, place }) => {
  const { home, port } = await makeEchoScene();
  const good = readFileSync(home.paths.configFile, "utf8");
  const talk = await startTalk(port);

  writeFileSync(home.paths.configFile, broken);
  const failure = await until(async () => (await home.daemon.status()).daemon.config.failure ?? undefined);

  expect(failure).toMatchObject({ code: "config-not-json", message: expect.stringContaining(place) });
  const text = await home.run("status");
  expect(text.code).toBe(0);
  expect(text.stdout).toContain("config not in force");
  expect(text.stdout).toContain(home.paths.configFile);
  expect(text.stdout).toContain(place);
  expect(JSON.parse((await home.run("status", "--json")).stdout).daemon.config.failure).toEqual(failure);
  expect(await talk.say("still here")).toBe("still here");
  const check = await home.run("config", "check");
  expect(check.code).toBe(1);
  expect(check.stderr).toContain(place);

  writeFileSync(home.paths.configFile, good);
  await until(async () => (await home.daemon.status()).daemon.config.failure === null);
  expect((await home.run("status")).stdout).not.toContain("config not in force");
  expect(await talk.say("all the time")).toBe("all the time");
});

it("tells every problem of a file at once, each by its path", async () => {
  const { home, port } = await makeEchoScene();

  editConfig(home, (config) => {
    config.tunnels.bad = { target: "me@", forwards: [{ local: "127.0.0.1:70000", to: "127.0.0.1:80" }] };
    config.tunnels.worse = { target: "me@host", forwards: [{ local: `127.0.0.1:${port}`, to: "nowhere" }] };
  });
  const failure = await until(async () => (await home.daemon.status()).daemon.config.failure ?? undefined);

  expect(failure.code).toBe("config-invalid");
  expect(failure.message).toContain("tunnels.bad.target: ");
  expect(failure.message).toContain("tunnels.bad.forwards[0].local: ");
  expect(failure.message).toContain("tunnels.worse.forwards[0].to: ");
  expect(await tunnels(home)).toMatchObject([{ name: "web", health: "verified" }]);
});

it("never writes over a file that it cannot read, but opens with --once all the same", async () => {
  const { home, sshd, servicePort, port } = await makeEchoScene();
  const broken = '{ "tunnels": { // my own notes\n';
  writeFileSync(home.paths.configFile, broken);
  await until(async () => (await home.daemon.status()).daemon.config.failure !== null);
  const otherPort = await freePort();
  const words = wordsFor(sshd, otherPort, servicePort);

  for (const attempt of [
    ["up", ...words],
    ["add", "other", ...words],
    ["remove", "web"],
  ]) {
    const answer = await home.run(...attempt);
    expect(answer, attempt[0]).toMatchObject({ code: 1, stdout: "" });
    expect(answer.stderr).toContain(`${home.paths.configFile} is not JSON`);
    expect(readFileSync(home.paths.configFile, "utf8")).toBe(broken);
  }
  expect(await tunnels(home)).toMatchObject([{ name: "web", health: "verified" }]);
  expect(await (await startTalk(port)).say("hello")).toBe("hello");

  expect((await home.run("up", ...words, "--once")).code).toBe(0);
  expect(await (await startTalk(otherPort)).say("hello")).toBe("hello");
  expect(readFileSync(home.paths.configFile, "utf8")).toBe(broken);
});

it("keeps the tunnels open when the file is gone, and says so", async () => {
  const { home, port } = await makeEchoScene();

  rmSync(home.paths.configFile);
  await until(async () => (await home.daemon.status()).daemon.config.failure !== null);

  expect((await home.run("status")).stdout).toContain("is gone");
  expect(await (await startTalk(port)).say("hello")).toBe("hello");
});

it("adds and removes tunnels in the file, with a daemon and without", async () => {
  const { home, words, port } = await makeScene();

  const add = await home.run("add", "web", ...words);
  expect(add).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining(home.paths.configFile) });
  expect(home.daemonPid()).toBeUndefined();
  expect((await home.run("add", "web", ...words)).code).toBe(2);
  expect(Object.keys(readConfig(home).tunnels)).toEqual(["web"]);

  expect((await home.run("up", "web")).code).toBe(0);
  expect(await fetchText(port)).toBe("ok\n");
  expect((await home.run("remove", "web")).code).toBe(0);
  await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(readConfig(home).tunnels).toEqual({});
  expect(await tunnels(home)).toEqual([]);

  await home.run("add", "web", ...words);
  await untilTunnel(home, "web", isVerified);
  expect((await home.run("remove", "nobody")).code).toBe(2);
});

it("prints the file's path, contents, verdict and schema", async () => {
  const { home, words } = await makeScene();
  const { configFile } = home.paths;
  expect(await home.run("config", "path")).toEqual({ code: 0, stdout: `${configFile}\n`, stderr: "" });
  expect((await home.run("config", "check")).stdout).toContain("0 tunnels");
  expect(existsSync(configFile)).toBe(false);

  await home.run("add", "web", ...words);

  expect(JSON.parse((await home.run("config", "show")).stdout)).toEqual(readConfig(home));
  expect(await home.run("config", "check")).toEqual({ code: 0, stdout: `${configFile} is right: 1 tunnel\n`, stderr: "" });
  expect(JSON.parse((await home.run("config", "schema")).stdout)).toMatchObject({
    type: "object",
    properties: { tunnels: expect.anything(), defaults: expect.anything() },
  });
});

/** An open tunnel `web` to a service that repeats what it hears. */
