// Proves clawtunnel's service on this machine's own service manager: installs it for a home of its own, sees a tunnel through it,
// crashes it, stops and starts it, and uninstalls it again. Takes `clawtunnel` from PATH, installed to stay; the server that the
// tunnel leads to is the demo's, from this tree's dist/. Ends with 0 when all of it was seen.
import { execFileSync, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { generateEd25519Key } from "../../build/testable/ssh-server.js";

const home = mkdtempSync(join(tmpdir(), "ct-proof-"));
const env = { ...process.env, CLAWTUNNEL_HOME: home, NO_COLOR: "1" };
const isWindows = process.platform === "win32";

const say = (line) => process.stdout.write(`${line}\n`);

function run(...words) {
  say(`$ clawtunnel ${words.join(" ")}`);
  // npm's command is a script there, which only a shell can start; none of the words needs quoting.
  const { status, stdout, stderr } = spawnSync("clawtunnel", words, { env, encoding: "utf8", shell: isWindows, timeout: 120_000 });
  say(`${stdout}${stderr}`.trimEnd());
  return { code: status, stdout };
}

function check(what, isTrue) {
  say(`${isTrue ? "ok  " : "FAIL"} ${what}`);
  if (!isTrue) process.exitCode = 1;
}

async function until(what, look, withinMs) {
  const deadlineMs = performance.now() + withinMs;
  while (!(await look())) {
    if (performance.now() > deadlineMs) return check(`${what} within ${withinMs} ms`, false);
    await delay(200);
  }
  check(what, true);
}

const serviceStatus = () => JSON.parse(run("service", "status", "--json").stdout);
const fetchText = (port) => fetch(`http://127.0.0.1:${port}/healthz`).then((reply) => reply.text());

const server = fork(new URL("../../dist/demo/server-process.js", import.meta.url), { execArgv: [] });
try {
  const key = generateEd25519Key();
  writeFileSync(join(home, "key"), key.private, { mode: 0o600 });
  if (isWindows) execFileSync("icacls", [join(home, "key"), "/inheritance:r", "/grant:r", `${userInfo().username}:F`]);
  server.send({ authorizedKey: key.public });
  const [{ sshPort, gatewayPort, hostKeyPublic }] = await once(server, "message");
  writeFileSync(join(home, "known_hosts"), `[127.0.0.1]:${sshPort} ${hostKeyPublic}\n`);

  const login = ["-F", "none", "-p", String(sshPort), "-i", join(home, "key"), "-o", `UserKnownHostsFile=${join(home, "known_hosts")}`];
  const port = 42_117;
  const up = run("up", "proof@127.0.0.1", ...login, "-L", `${port}:127.0.0.1:${gatewayPort}`, "--name", "proof", "--engine", "ssh2");
  check("a tunnel is open by hand", up.code === 0);

  check("the service is installed", run("install").code === 0);
  check("it answers through the tunnel", run("wait", "proof", "--timeout", "30").code === 0);
  check("bytes go through it", (await fetchText(port)).includes("live"));
  check("file, manager and daemon agree", run("service", "status").code === 0);
  const { service } = JSON.parse(run("status", "--json").stdout).daemon;
  check(`the daemon says who runs it: ${service}`, service !== "none");

  check("it is back after a crash", run("service", "test").code === 0);

  check("it stops", run("service", "stop").code === 0);
  check("and stays stopped", run("status").code === 3);
  check("it starts", run("service", "start").code === 0);
  await until("the tunnel is back", () => run("wait", "proof", "--timeout", "5").code === 0, 60_000);

  const files = serviceStatus().files.map(({ path }) => path);
  check("it is uninstalled", run("uninstall").code === 0);
  check(`no file of it is left of ${files.length}`, files.length > 0 && files.every((path) => !existsSync(path)));
  check("no daemon is left", run("status").code === 3);
} finally {
  run("uninstall");
  run("daemon", "--stop");
  server.send({ do: "close" });
  rmSync(home, { recursive: true, force: true });
  say(`${process.exitCode ? "not proved" : "proved"} on ${process.platform}, node ${process.version}`);
}
