import { isLoopback, splitHostPort } from "../../base/address.js";
import type { FailureReport } from "../../base/failure.js";
import { openclawPort } from "../../config/openclaw-port.js";
import { isNodeNewEnough, oldestNode } from "../../service/program/node-version.js";
import { type Diagnosis, fix, type MachineLayer, notLookedAt, ok, unknown, type Verdict, warning } from "./diagnosis.js";

/** The configuration of an `openclaw` on this machine, which is a client of the tunnel. */
export interface ClientFacts {
  readonly path: string;
  readonly exists: boolean;
  readonly failure: FailureReport | null;
  /** `gateway.mode`, `gateway.remote.url` and `gateway.port`; null where nothing is written. */
  readonly mode: string | null;
  readonly url: string | null;
  readonly port: number | null;
}

export interface MachineFacts {
  readonly nodeVersion: string;
  readonly hasNativeCrypto: boolean;
  readonly client: ClientFacts;
  /** The local addresses, `host:port`, of the tunnels that lead to a gateway. */
  readonly gatewayBinds: readonly string[];
}

/** What of this machine does not depend on the way to a server. Pure. */
export function diagnoseMachine(facts: MachineFacts): Diagnosis<MachineLayer>[] {
  return [
    { layer: "node", ...judgeNode(facts.nodeVersion) },
    { layer: "crypto", ...judgeCrypto(facts.hasNativeCrypto) },
    { layer: "openclaw-client", ...judgeClient(facts.client, facts.gatewayBinds) },
  ];
}

function judgeNode(version: string): Verdict {
  if (isNodeNewEnough(version)) return ok(version);
  return warning(
    "node-old",
    `${version} is older than ${oldestNode}, which this program needs`,
    fix("install a newer one", "https://nodejs.org"),
  );
}

function judgeCrypto(isNative: boolean): Verdict {
  if (isNative) return ok("native");
  return warning(
    "crypto-missing",
    "ssh2's native crypto is not built: bulk transfers can be ten times slower",
    fix("have it built", "npm install --global --allow-scripts=ssh2 clawtunnel"),
  );
}

/** Only to know: an `openclaw` here may well be meant to have a gateway of its own. */
function judgeClient({ path, exists, failure, mode, url, port }: ClientFacts, binds: readonly string[]): Verdict {
  const [bind] = binds;
  if (bind === undefined) return notLookedAt("no tunnel leads to a gateway");
  if (!exists) return ok("there is no openclaw configuration on this machine");
  if (failure !== null) return unknown(`${path} cannot be read: ${failure.message}`, failure.code);
  const point = fix(
    "have it use the tunnel",
    "openclaw config set gateway.mode remote",
    `openclaw config set gateway.remote.url ws://${bind}`,
  );
  if (mode !== "remote")
    return unknown(`${path} has gateway.mode ${mode ?? "unset"}: openclaw here uses a gateway of this machine`, "client-local", point);
  if (url === null || !binds.some((each) => isSameAddress(url, each))) {
    return unknown(
      `${path} has gateway.remote.url ${url === null ? "unset" : withoutSecrets(url)}, which is no tunnel of ours`,
      "client-elsewhere",
      point,
    );
  }
  // openclaw 2026.9.6: `gateway status` asks gateway.port of this machine, whatever the mode.
  const probed = port ?? openclawPort;
  const probe = binds.some((each) => each.endsWith(`:${probed}`))
    ? ""
    : `; \`openclaw gateway status\` looks at port ${probed} all the same: use \`openclaw health\``;
  return ok(`it points at ${withoutSecrets(url)}${probe}`);
}

function isSameAddress(url: string, bind: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, port } = new URL(url);
  const own = splitHostPort(bind);
  const host = hostname.replace(/^\[|\]$/g, "");
  return own !== undefined && Number(port) === own.port && (host === own.host || (isLoopback(host) && isLoopback(own.host)));
}

/** A URL may carry a user and a query; neither is ours to show. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return "(no URL)";
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
