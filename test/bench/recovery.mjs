import { makeHome, sshArgs, upArgs } from "./contenders.mjs";
import { startService } from "./helpers.mjs";
import { createScope, firstByte, freePort, startProcess, startSshd } from "./support.mjs";

const rounds = 11;

/** From the death of the server's side of the session to the first byte through a connection made after it. */
export async function recovery(scope) {
  const sshd = await startSshd(scope);
  const service = await startService(scope, "http");
  const samples = { clawtunnel: [], autossh: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.clawtunnel.push(await sample(sshd, service, startClawtunnel));
    samples.autossh.push(await sample(sshd, service, startAutossh));
  }
  return [
    {
      what: "session killed on the server → first byte",
      unit: "ms",
      clawtunnel: samples.clawtunnel,
      peer: { name: "autossh", samples: samples.autossh },
      goal: { ratioMax: 0.3 },
    },
    { what: "the same, for itself", unit: "ms", clawtunnel: samples.clawtunnel, goal: { max: 50 } },
  ];
}

/** Each with a tunnel of its own, so that the kill is the first loss that it sees. */
async function sample(sshd, service, start) {
  const scope = createScope();
  try {
    const port = await freePort();
    await start(scope, sshd, port, service.port);
    await firstByte(port);
    const killedMs = sshd.killSessions();
    return (await firstByte(port)) - killedMs;
  } finally {
    await scope.end();
  }
}

async function startClawtunnel(scope, sshd, port, servicePort) {
  await makeHome(scope).run(upArgs(sshd, port, servicePort));
}

async function startAutossh(scope, sshd, port, servicePort) {
  const env = { ...process.env, AUTOSSH_GATETIME: "0" };
  startProcess(scope, "autossh", ["-M", "0", ...sshArgs(sshd, port, servicePort)], { env });
}
