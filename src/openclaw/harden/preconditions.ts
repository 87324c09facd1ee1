import { isLoopback } from "../../base/address.js";
import type { GatewayConfig } from "../config/gateway-config.js";
import type { ServerListener } from "../server/listeners.js";
import type { GatewayProcess } from "../server/process.js";
import type { FileLook } from "./file-look.js";
import { isLoopbackBind, namesOf } from "./reality.js";
import type { HardenTask } from "./world.js";

/** What was found before anything is done. */
export interface Facts {
  readonly to: HardenTask["to"];
  readonly config: GatewayConfig;
  readonly look: FileLook;
  /** Those of the gateway. */
  readonly listeners: readonly ServerListener[];
  /** Null when the account may not see whose the sockets are, or nothing listens. */
  readonly process: GatewayProcess | null;
  /** Whether that process reads `config.file`; null where its environment may not be read, else the file that it reads. */
  readonly readsOther: string | null;
  /** Whether its unit is surely what runs it. */
  readonly hasUnit: boolean;
  readonly restart: HardenTask["restart"];
}

/** Why it is not done, and what to do about that. */
export interface Obstacle {
  readonly what: string;
  readonly todo: string;
}

/** Everything that would make the change break something, or not hold. Empty: it can be done. Pure. */
export function obstacles(facts: Facts): Obstacle[] {
  return [...obstaclesOfForward(facts), ...obstaclesOfFile(facts), ...obstaclesOfProcess(facts)];
}

function obstaclesOfForward({ to }: Facts): Obstacle[] {
  if (to !== null && isLoopback(to.host)) return [];
  const where = to === null ? "a place that is no address of the server's loopback" : `${to.host}:${to.port}`;
  return [
    {
      what: `this tunnel leads to ${where}: a gateway that listens on the loopback alone could not be reached through it any more`,
      todo: `Let the tunnel lead to 127.0.0.1:${to?.port ?? 18_789}, then harden.`,
    },
  ];
}

function obstaclesOfFile({ config, look, to }: Facts): Obstacle[] {
  const found: Obstacle[] = [];
  const add = (what: string, todo: string) => void found.push({ what, todo });
  const asOwner = "Log in as the account that owns it, or run on the server: `openclaw config set gateway.bind loopback`.";
  if (!config.exists || !look.exists) add(`there is no ${config.bindFile} on the server`, "Log in as the user who runs the gateway.");
  else if (look.sum === null || look.text === null) add(`${look.file} cannot be read as text by ${look.user}`, asOwner);
  else if (!look.isWritable) add(`${look.user} may not write ${look.file}, or its folder`, asOwner);
  else if (!look.keepsOwner) add(`${look.file} belongs to another account than ${look.user}, and would change its owner`, asOwner);
  if (!look.hasBase64) add("the server has neither base64 nor openssl", "Install coreutils or openssl on the server.");
  if (to !== null && config.port !== to.port && config.portFrom !== "environment") {
    const todo = "Name the gateway's profile with --profile, or log in as the user who runs it.";
    add(`${config.file} is for the port ${config.port}, and this tunnel leads to ${to.port}`, todo);
  }
  return found;
}

function obstaclesOfProcess({ listeners, process, readsOther, config, hasUnit, restart, look }: Facts): Obstacle[] {
  const seen = namesOf(listeners).join(", ");
  const inContainer = {
    todo: 'Publish the port for the server alone, in the compose file: `ports: ["127.0.0.1:18789:18789"]`, and start the container anew.',
  };
  if (listeners.length === 0) {
    return [{ what: "no process on the server listens on that port: a container may have it", ...inContainer }];
  }
  if (listeners.some(({ command }) => command !== null && /docker-proxy|rootlessport|slirp4netns/.test(command))) {
    return [
      {
        what: `Docker has the port (${seen}): the gateway's own loopback could not be reached from outside of its container`,
        ...inContainer,
      },
    ];
  }
  if (process === null) {
    return [
      { what: `${look.user} may not see whose process listens on ${seen}`, todo: "Log in as the user who runs the gateway, or as root." },
    ];
  }
  const found: Obstacle[] = [];
  const add = (what: string, todo: string) => void found.push({ what, todo });
  const where =
    process.unit === null
      ? "where it is started"
      : `in ${process.unit.name} (\`${systemctl(process.unit.scope)} edit ${process.unit.name}\`)`;
  if (process.container !== null && !process.isServerContainer) {
    add("the gateway runs in a container, which has a file of its own", inContainer.todo);
  }
  if (process.bindFlag !== null && !isLoopbackBind(process.bindFlag)) {
    add(
      `the gateway is started with --bind ${process.bindFlag}, which counts more than its file`,
      `Take the flag away ${where}, restart it, then harden.`,
    );
  }
  if (process.bindEnv !== null && !isLoopbackBind(process.bindEnv)) {
    const todo = `Set OPENCLAW_GATEWAY_BIND=loopback ${where}, restart it, then harden.`;
    add(`the gateway is started with OPENCLAW_GATEWAY_BIND=${process.bindEnv}, which counts more than its file`, todo);
  }
  if (readsOther !== null) {
    add(
      `the gateway that listens there reads ${readsOther}, not ${config.file}`,
      "Log in as the user who runs the gateway, or name its profile with --profile.",
    );
  }
  if (config.reloadMode !== null && config.reloadMode !== "hybrid" && config.reloadMode !== "restart" && !hasUnit && restart === null) {
    const todo =
      "Let systemd run it (`openclaw gateway install`), set gateway.reload.mode to hybrid, or give a command for it with --restart.";
    add(`the gateway does not restart by itself (gateway.reload.mode is ${config.reloadMode}), and no service runs it`, todo);
  }
  return found;
}

export function systemctl(scope: "user" | "system"): string {
  return scope === "user" ? "systemctl --user" : "systemctl";
}
