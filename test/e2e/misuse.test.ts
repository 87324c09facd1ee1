import { expect, it } from "vitest";
import { freePort } from "../support/sshd.js";
import { makeHome, makeOpenScene, readConfig, tunnels, wordsFor } from "./scene.js";

it.each(
  [
    { words: ["up", "--", "-oProxyCommand=x"], says: '"-oProxyCommand=x" is not a target: it begins with a dash' },
    { words: ["up", "me@-oProxyCommand=x"], says: "the host begins with a dash" },
    { words: ["up", "a host"], says: "it holds white space" },
    { words: ["up", "me@"], says: "the host is missing" },
    { words: ["up", "me@host:0"], says: "the port means any port" },
    { words: ["up", "me@host:ssh"], says: "the port is not a number" },
    { words: ["up", "me@host", "-L", "0:127.0.0.1:80"], says: "the local port means any port" },
    { words: ["up", "me@host", "-L", "70000:127.0.0.1:80"], says: "the local port is above 65535" },
    { words: ["up", "me@host", "-L", "8080:127.0.0.1:web"], says: "the destination port is not a number" },
    { words: ["up", "me@host", "-L", "0.0.0.0:8080:127.0.0.1:80"], says: "would let other machines in" },
    { words: ["up", "me@host", "-L", "*:8080:127.0.0.1:80"], says: "would let other machines in" },
    { words: ["up", "me@host", "-L", ":8080:127.0.0.1:80"], says: "would let other machines in" },
    { words: ["up", "me@host", "-L", "8080"], says: "[bind:]port:host:hostport" },
    { words: ["up", "me@host", "-L", "8080:80"], says: "[bind:]port:host:hostport" },
    { words: ["up", "me@host", "-L"], says: "L" },
    { words: ["up", "-L", "8080:127.0.0.1:80"], says: "a target is missing" },
    { words: ["up", "me@host", "-o", "StrictHostKeyChecking"], says: "it must be Key=Value" },
    { words: ["up", "me@host", "-o", "User"], says: "Key=Value" },
    { words: ["up", "me@host", "-o", "ConnectTimeout=soon"], says: "ConnectTimeout" },
    { words: ["up", "me@host", "me@other"], says: "one target at a time" },
    { words: ["up", "me@host:22", "-p", "2222"], says: "2222 contradicts me@host:22" },
    { words: ["up", "me@host", "-p", "22", "-p", "23"], says: "-p is given more than once" },
    { words: ["up", "me@host", "-p", "ssh"], says: "-p must be a number" },
    { words: ["up", "me@host", "-l", "you"], says: "you contradicts me@host" },
    { words: ["up", "me@host", "--wait", "soon"], says: "--wait must be a number" },
    { words: ["up", "me@host", "--preset", "openclav"], says: "openclaw" },
    { words: ["up", "me@host", "--on-port-busy", "kill"], says: '"hold", "next", "replace"' },
    { words: ["up", "me@host", "--remote-port", "any"], says: "the remote port any is not a number" },
    { words: ["up", "me@host", "--once", "--configure-client"], says: "a tunnel that is saved" },
    { words: ["up", "me@host", "--name", "x y"], says: '"x y" cannot be a tunnel\'s name' },
    { words: ["statsu"], says: "`clawtunnel status`" },
    { words: ["status", "--jsn"], says: "Did you mean --json?" },
    { words: ["status", "--", "--json"], says: "daemon", code: 3 },
    { words: ["list", "web"], says: "web" },
    { words: ["list", "--", "web"], says: "web" },
    { words: ["show"], says: "clawtunnel show --help" },
    { words: ["config", "burn"], says: "schema" },
    { words: ["completion", "tcsh"], says: "fish" },
    { words: ["logs", "-n", "many"], says: "-n must be a number" },
    { words: [], says: "clawtunnel --help" },
  ].map((misuse) => ({ code: 2, ...misuse, line: ["clawtunnel", ...misuse.words].join(" ") })),
)("takes $line for a slip, says so with a next step, and starts no daemon", async ({ words, says, code }) => {
  const home = makeHome();

  const answer = await home.run(...words);

  expect(answer, answer.stderr).toMatchObject({ code, stdout: "" });
  expect(answer.stderr).toContain(says);
  // One sentence and one next step; no stack, no page of help.
  expect(answer.stderr).toMatch(/^clawtunnel: [^\n]+\[[a-z-]+\]\n {2}[^\n]+\n$/);
  expect(answer.stderr).not.toContain("[internal]");
  expect(home.daemonPid()).toBeUndefined();
});

it("refuses a name that another tunnel has, a port that another tunnel has, and a tunnel that nobody has", async () => {
  const { home, sshd, service, port } = await makeOpenScene();
  const before = readConfig(home);

  const nameTaken = await home.run("up", ...wordsFor(sshd, await freePort(), service.port), "--name", "web");
  expect(nameTaken).toMatchObject({ code: 2, stdout: "" });
  expect(nameTaken.stderr).toMatch(/there is another tunnel named "web" \[name-taken\]\n {2}Choose another --name/);

  const portTaken = await home.run("up", ...wordsFor(sshd, port, 1), "--name", "other");
  expect(portTaken).toMatchObject({ code: 2, stdout: "" });
  expect(portTaken.stderr).toMatch(new RegExp(`127.0.0.1:${port} is already used by the tunnel "web" \\[port-taken\\]`));

  for (const words of [
    ["down", "nobody"],
    ["restart", "nobody"],
    ["status", "nobody"],
    ["url", "nobody"],
    ["wait", "nobody"],
    ["show", "nobody"],
    ["remove", "nobody"],
    ["trust", "nobody"],
    ["up", "web", "nobody"],
    ["up", "wbe"],
  ]) {
    const unknown = await home.run(...words);
    expect(unknown, words.join(" ")).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr, words.join(" ")).toMatch(/(nobody|wbe)" \[tunnel-unknown\]\n {2}\S/);
  }

  expect(readConfig(home)).toEqual(before);
  expect(await tunnels(home)).toMatchObject([{ name: "web", health: "verified", reconnects: 0 }]);
});

it("changes nothing of several tunnels when one of the names is wrong", async () => {
  const { home } = await makeOpenScene();

  expect((await home.run("down", "web", "nobody")).code).toBe(2);
  expect((await home.run("restart", "web", "nobody")).code).toBe(2);
  expect((await home.run("up", "web", "nobody")).code).toBe(2);

  expect(await tunnels(home)).toMatchObject([{ name: "web", phase: "up", reconnects: 0 }]);
});
