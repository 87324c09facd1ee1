import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { program } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { fetchText, isVerified, makeHome, makeOpenScene, makeService, makeSshd, untilTunnel, wordsFor } from "./scene.js";

const projectDir = fileURLToPath(new URL("../..", import.meta.url));

it("shows the log for people and as it is, of all tunnels or of one, also when the daemon is gone", async () => {
  const { home, sshd, service } = await makeOpenScene();
  await home.run("up", ...wordsFor(sshd, await freePort(), service.port), "--name", "other");

  const all = await home.run("logs");
  expect(all).toMatchObject({ code: 0, stderr: "" });
  expect(all.stdout).toMatch(/^\S+ info daemon starts/m);
  expect(all.stdout).toMatch(/^\S+ info web: tunnel is up/m);
  expect(all.stdout).toMatch(/^\S+ info other: tunnel is up/m);
  const ofOne = (await home.run("logs", "other")).stdout.trimEnd().split("\n");
  expect(ofOne.every((line) => line.includes(" other: "))).toBe(true);
  expect((await home.run("logs", "-n", "1")).stdout.trimEnd().split("\n")).toHaveLength(1);

  const json = (await home.run("logs", "--json", "-n", "2")).stdout.trimEnd().split("\n");
  expect(json).toHaveLength(2);
  expect(JSON.parse(json[1] ?? "")).toMatchObject({ level: "info", event: "tunnel.up", tunnel: "other", pid: home.daemonPid() });

  await home.daemon.shutdown();
  await until(() => home.daemonPid() === undefined);
  expect((await home.run("logs", "-n", "5")).stdout).toContain("daemon stops");
});

it("follows the log until ctrl-C, which is no error", async () => {
  const { home, sshd } = await makeOpenScene();
  const following = home.start("logs", "-f", "-n", "1");
  await until(() => following.stdout().includes("\n"));
  expect(following.stdout().trimEnd().split("\n")).toHaveLength(1);

  await sshd.killSessions();
  await until(() => following.stdout().includes("web: tunnel is up  from=connecting") && following.stdout().includes("warn web: "));

  following.child.kill("SIGINT");
  expect(await following.ended).toMatchObject({ code: 0, stderr: "" });
});

it("shows the status again and again until ctrl-C, and ends with the code of what it saw last", async () => {
  const { home } = await makeOpenScene();
  const watching = home.start("status", "--watch");
  await until(() => (watching.stdout().match(/^web {2}verified/gm) ?? []).length >= 2);
  await home.run("down", "web");
  await until(() => /^web {2}stopped/m.test(watching.stdout()));

  watching.child.kill("SIGINT");
  expect(await watching.ended).toMatchObject({ code: 0, stderr: "" });
});

it("ends quietly when the reader of its output has seen enough", async () => {
  const { home } = await makeOpenScene();
  const following = home.start("logs", "-f");
  await until(() => following.stdout().includes("\n"));
  following.child.stdout?.destroy();

  await home.run("restart", "web");

  expect(await following.ended).toMatchObject({ code: 0, stderr: "" });
});

it("writes no key and nothing of the traffic into any file or answer, and no file that others could read", async () => {
  const [token, answer] = ["tok-5f2e9c-visitor", "tok-1b7d3a-service"];
  const [sshd, service, port] = await Promise.all([makeSshd(), makeService((_request, response) => void response.end(answer)), freePort()]);
  const home = makeHome();
  await home.run("up", ...wordsFor(sshd, port, service.port), "--name", "web");
  expect(await fetchText(port, "127.0.0.1", `/?token=${token}`)).toBe(answer);
  await sshd.killSessions();
  await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === 1 && isVerified(tunnel));

  const keyLines = readFileSync(sshd.clientKeyPath, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("-----"));
  const told = await Promise.all([home.run("status", "--json"), home.run("show", "web"), home.run("logs", "--json"), home.run("status")]);
  const files = filesUnder(home.dir);
  const texts = [...told.map(({ stdout }) => stdout), ...files.map((path) => readFileSync(path, "utf8"))];

  expect(files.length).toBeGreaterThan(2);
  for (const secret of [token, answer, "PRIVATE KEY", ...keyLines]) {
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  }
  for (const path of files) expect((statSync(path).mode & 0o077).toString(8), path).toBe("0");
});

it("prints a completion script that bash takes, and completes commands and options", async () => {
  const home = makeHome();
  const { code, stdout } = await home.run("completion", "bash");
  expect(code).toBe(0);
  const bash = spawnSync("bash", ["-n"], { input: stdout, encoding: "utf8" });
  if (bash.error !== undefined) return;
  expect(bash).toMatchObject({ status: 0, stderr: "" });

  const complete = (...words: string[]) => {
    const typed = `COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _clawtunnel; echo "\${COMPREPLY[*]}"`;
    const script = `clawtunnel() { "${process.execPath}" "${program}" "$@"; }\n${stdout}\n${typed}\n`;
    return spawnSync("bash", [], { input: script, encoding: "utf8", env: { ...process.env, SHELL: "/bin/bash" } }).stdout.split(/\s+/);
  };
  expect(complete("clawtunnel", "sta")).toEqual(["status", ""]);
  expect(complete("clawtunnel", "status", "--j")).toEqual(["--json", ""]);
  expect(complete("clawtunnel", "re")).toEqual(expect.arrayContaining(["restart", "remove"]));
});

it("answers --help for every command, with an example, and --version", async () => {
  const home = makeHome();
  const help = await home.run("--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  const { version } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8"));
  expect((await home.run("--version")).stdout).toBe(`${version}\n`);

  const commands = [...help.stdout.matchAll(/^ {2}clawtunnel ([a-z]+)/gm)].map(([, name = ""]) => name);
  expect(commands).toContain("up");
  for (const name of commands) {
    const page = await home.run(name, "--help");
    expect(page, name).toMatchObject({ code: 0, stderr: "" });
    expect(page.stdout, name).toContain("Examples:");
  }
});

it("has a package with the program and its papers, and nothing else", () => {
  // Without its scripts: they would build the program anew under the feet of the other tests.
  const { stdout, status } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: projectDir, encoding: "utf8" });
  expect(status).toBe(0);
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);

  expect(paths).toContain("dist/cli/main.js");
  expect(paths).toContain("package.json");
  expect(paths).toContain("service-templates/clawtunnel.service");
  expect(
    paths.filter(
      (path) => !/^(?:dist\/.*\.(?:js|d\.ts)|service-templates\/[^/]+|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(path),
    ),
  ).toEqual([]);
  for (const paper of ["README.md", "LICENSE", "CHANGELOG.md"])
    expect(paths.includes(paper), paper).toBe(existsSync(join(projectDir, paper)));
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
