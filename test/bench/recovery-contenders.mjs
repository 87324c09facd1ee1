import { checkEngine, makeHome, sshArgs, tunnelEntry } from "./contenders.mjs";
import { descendantsOf, hold, signalAll, startProcess } from "./processes.mjs";
import { startSshd } from "./sshd.mjs";
import { firstByte, freePort } from "./support.mjs";

/**
 * Who recovers. Asks a quiet server every `askEveryMs`, and opens one tunnel for each sshd it is given, as
 * `{ port, sshd, pids }` with what it runs as; clawtunnel has them all in one daemon, and tells its `home` and their `name`.
 */
export const clawtunnel = makeClawtunnel();

export const autossh15 = makeAutossh(15, 3);
export const autossh5 = makeAutossh(5, 1);

/** As many servers, each for one tunnel, so that its session can be told from the others'. */
export async function startSshds(scope, count) {
  const sshds = [];
  while (sshds.length < count) sshds.push(await startSshd(scope));
  return sshds;
}

export function makeClawtunnel(engine) {
  const open = (scope, sshds, servicePort) => openInOneDaemon(scope, sshds, servicePort, engine);
  return { name: "clawtunnel", askEveryMs: 5_000, open };
}

async function openInOneDaemon(scope, sshds, servicePort, engine) {
  const home = makeHome(scope);
  const tunnels = [];
  for (const sshd of sshds) {
    const port = await freePort();
    tunnels.push({ sshd, port, home, name: `tunnel-${port}`, pids: () => [daemonPid] });
  }
  const entries = tunnels.map(({ sshd, port, name }) => [name, tunnelEntry(sshd, port, servicePort, engine)]);
  home.writeConfig({ tunnels: Object.fromEntries(entries) });
  await home.run(["up"]);
  if (engine !== undefined) await checkEngine(home, engine);
  const daemonPid = await home.daemonPid();
  for (const { port } of tunnels) await firstByte(port);
  return tunnels;
}

function makeAutossh(intervalS, countMax) {
  const options = ["-o", `ServerAliveInterval=${intervalS}`, "-o", `ServerAliveCountMax=${countMax}`];
  const env = { ...process.env, AUTOSSH_GATETIME: "0" };
  const open = async (scope, sshds, servicePort) => {
    const tunnels = [];
    for (const sshd of sshds) {
      const port = await freePort();
      const child = startProcess(scope, "autossh", ["-M", "0", ...options, ...sshArgs(sshd, port, servicePort)], { env });
      const pids = () => [child.pid, ...descendantsOf(child.pid)];
      scope.defer(() => child.isRunning() && endAll(child.pid, pids));
      tunnels.push({ sshd, port, pids });
    }
    for (const { port } of tunnels) await firstByte(port);
    return tunnels;
  };
  return { name: `autossh ${intervalS}/${countMax}`, askEveryMs: intervalS * 1000, open };
}

/** An autossh that gets SIGTERM just after it has started its ssh anew may wait for that one for ever. */
function endAll(pid, pids) {
  hold([pid]);
  signalAll(pids(), "SIGKILL");
}
