import { describePortOwner, type PortOwner } from "../../forward/port-owner/port-owner.js";
import { commandsFor } from "./commands.js";
import { broken, fix, ok, type Verdict, warning } from "./diagnosis.js";
import type { PortFacts, TunnelFacts } from "./facts.js";

/** Where a gateway and a tunnel to another one stand side by side. */
const sideBySidePort = 28_789;

/** Whether the tunnel's local addresses are its own. Pure. */
export function judgePorts(facts: TunnelFacts): Verdict {
  const { ports } = facts;
  const busy = ports.find(({ failure, movedTo }) => failure !== null && movedTo === null);
  if (busy !== undefined) return judgeBusy(busy, facts);
  return judgeNeighbours(facts) ?? ok(describePorts(ports));
}

function judgeBusy({ bind, port, failure, owner }: PortFacts, facts: TunnelFacts): Verdict {
  const { name, platform } = facts;
  const { whoListens, endProcess } = commandsFor(platform);
  const next = fix("or let the tunnel have the next free port", `clawtunnel up ${name} --on-port-busy next`);
  const elsewhere = failure?.hint ?? "";
  if (failure?.code !== "port-busy")
    return broken(failure?.code ?? "bind-unavailable", failure?.message ?? `${bind} cannot be had`, fix(elsewhere));
  if (owner === null) {
    return broken(
      "port-busy",
      `${bind} belongs to a program that this user cannot see`,
      fix("see whose it is", `${platform === "win32" ? "" : "sudo "}${whoListens(port)}`),
      next,
    );
  }
  const seen = `${bind} belongs to ${describePortOwner(owner)}`;
  switch (owner.kind) {
    case "clawtunnel": {
      const home = owner.home === null ? "" : `CLAWTUNNEL_HOME=${commandsFor(platform).quote(owner.home)} `;
      return broken("port-of-clawtunnel", seen, fix("see what the other one has open", `${home}clawtunnel status`), next);
    }
    case "ssh":
      return broken("port-of-ssh", seen, ...endSsh(owner, name, endProcess), next);
    case "openclaw":
      return broken(
        "port-of-gateway",
        seen,
        fix("stop the gateway of this machine, if it is not wanted", "openclaw gateway stop"),
        fix(
          `or keep both, and have the tunnel at another port: ${sideBySidePort} in its "local"`,
          `clawtunnel up ${name} --on-port-busy next`,
        ),
      );
    case "other":
      return broken("port-busy", seen, fix("look at it, and end it if it is not wanted", whoListens(port), endProcess(owner.pid)), next);
  }
}

function endSsh({ pid, keeperPid, isOwn }: PortOwner, name: string, endProcess: (pid: number) => string) {
  if (!isOwn) return [];
  const replace = fix("take its place, if it is this very forward", `clawtunnel up ${name} --on-port-busy replace`);
  return [replace, fix("or end it", endProcess(keeperPid ?? pid))];
}

/** What does not keep the tunnel from its address, and may lead clients astray or take it away. */
function judgeNeighbours({ ports, platform, way, isAppLocal, name }: TunnelFacts): Verdict | undefined {
  const { whoListens, endProcess } = commandsFor(platform);
  if (isAppLocal) {
    return warning(
      "openclaw-app-local",
      "OpenClaw.app runs in Local mode: it ends every program that listens on its gateway's port and is no gateway",
      fix("in OpenClaw.app, Settings, General: have it use a gateway elsewhere (Remote)", "openclaw config set gateway.mode remote"),
    );
  }
  const astray = ports.find(({ twin }) => twin !== null);
  if (astray?.twin) {
    const { bind, owner } = astray.twin;
    const who = owner === null ? "a program that this user cannot see" : describePortOwner(owner);
    const end =
      owner === null
        ? []
        : [fix("end it if it is not wanted; the tunnel takes the address by itself", whoListens(astray.port), endProcess(owner.pid))];
    return warning(
      "twin-taken",
      `${bind} belongs to ${who}: a client that goes to "localhost" may end there`,
      ...end,
      fix("or name the address", `clawtunnel url ${name}`),
    );
  }
  const both = ports.find(({ port }) => way?.localForwards.some((line) => portOfForward(line) === port));
  if (both !== undefined) {
    return warning(
      "localforward-same-port",
      `ssh_config has a LocalForward on port ${both.port} for the same host: every plain \`ssh\` to it fights for ${both.bind}`,
      fix("take the line out of ssh_config", `LocalForward ${way?.localForwards.find((line) => portOfForward(line) === both.port) ?? ""}`),
    );
  }
  const moved = ports.find(({ movedTo }) => movedTo !== null);
  if (moved === undefined) return undefined;
  return warning(
    "port-moved",
    `${moved.movedTo} stands in for ${moved.bind}, which ${moved.owner === null ? "is not free" : `belongs to ${describePortOwner(moved.owner)}`}`,
    fix("it goes home by itself when that is free; until then", `clawtunnel url ${name}`),
  );
}

/** `18789 127.0.0.1:18789`, `127.0.0.1:18789 …`, `[::1]:18789 …`. */
function portOfForward(line: string): number {
  const listen = line.split(/\s+/)[0] ?? "";
  return Number(/(\d+)$/.exec(listen)?.[1] ?? Number.NaN);
}

function describePorts(ports: readonly PortFacts[]): string {
  if (ports.length === 0) return "none";
  const own = ports.filter(({ isOurs }) => isOurs).map(({ bind }) => bind);
  const free = ports.filter(({ isOurs }) => !isOurs).map(({ bind }) => bind);
  return [own.length === 0 ? "" : `the daemon holds ${own.join(", ")}`, free.length === 0 ? "" : `${free.join(", ")} free`]
    .filter((part) => part !== "")
    .join("; ");
}
