import { access } from "node:fs/promises";
import { asFailure, type Failure, type FailureReport } from "../../base/failure.js";
import { foreign } from "../../base/text.js";
import { formatServer, formatTarget } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { AgentIdentity } from "../agent/list-identities.js";
import { type EnginePick, pickEngine } from "../engine-choice/choose-engine.js";
import { agentOf, findUsualAgent, needOfWay } from "../engine-choice/login-plan.js";
import { factsOfHost } from "../facts-of-host.js";
import { type HostConfig, knownHostsFiles, knownHostsName } from "../host-config.js";
import { hostPattern } from "../host-keys/known-hosts.js";
import { hostResolver } from "../resolve/resolve-host.js";
import { findSsh } from "../resolve/ssh-program.js";
import type { EngineName } from "../session.js";
import { honourOf, spellKeyword } from "./honoured.js";
import { examineIdentity, type IdentityState } from "./identity-state.js";
import { whereSaid } from "./where-said.js";

/** One server on the way, and what is there to log in to it. */
export interface HopReport {
  readonly alias: string;
  readonly server: string;
  /** As known_hosts names it: `host`, or `[host]:port`. */
  readonly knownAs: string;
  readonly proxyCommand: string | null;
  /** Names that ssh tries of itself are listed only where there is such a file. */
  readonly identities: readonly IdentityState[];
  /** `names`: the comment of each of its keys, or its type. */
  readonly agent: { readonly socket: string; readonly keys: number; readonly names: readonly string[] } | null;
  readonly knownHosts: readonly { readonly path: string; readonly exists: boolean }[];
}

export interface UnhonouredSetting {
  readonly keyword: string;
  readonly values: readonly string[];
  /** `file:line`, where it is known. */
  readonly where: string | null;
}

/** How a log-in would be done, found out without asking the server. */
export interface LoginReport {
  readonly target: string;
  /** Who made out what the target means: `OpenSSH_9.2p1`, or null where there is no ssh and the ssh-config package did. */
  readonly resolvedBy: string | null;
  /** What only an ssh could have made out of the configuration. */
  readonly notResolved: readonly string[];
  readonly engine: EngineName | null;
  readonly engineReason: string | null;
  /** The hosts to go through and the server itself, in the order in which they are travelled. */
  readonly way: readonly HopReport[];
  readonly notHonoured: readonly UnhonouredSetting[];
  readonly warnings: readonly string[];
  /** Why it cannot be done. */
  readonly failure: FailureReport | null;
}

/** Never rejects: what fails is a part of the report. */
export async function examineLogin(login: LoginSpec, askedAgent: string | undefined, signal: AbortSignal): Promise<LoginReport> {
  const { env } = process;
  try {
    const [{ host, version, leftOut }, usual, program] = await Promise.all([
      hostResolver.resolve(login, signal),
      findUsualAgent(askedAgent, env, signal),
      findSsh(env),
    ]);
    const need = await needOfWay(host, usual, env, signal);
    const pick = tryPick(() => pickEngine({ choice: login.engine, need, lesson: undefined, hasSsh: program !== undefined, host }));
    const picked = "code" in pick ? undefined : pick;
    return {
      target: formatTarget(login.target),
      resolvedBy: version,
      notResolved: leftOut,
      engine: picked?.engine ?? null,
      engineReason: picked?.reason ?? null,
      way: await Promise.all([...host.jumps, host].map(async (hop) => examineHop(hop, await agentOf(hop, usual, signal)))),
      notHonoured: await unhonoured(host, picked?.engine ?? "ssh2"),
      warnings: factsOfHost(host, picked ?? { engine: "ssh2", reason: null }).warnings,
      failure: "code" in pick ? pick.report() : null,
    };
  } catch (error) {
    return { ...nothingKnown(login), failure: asFailure(error).report() };
  }
}

function nothingKnown({ target }: LoginSpec): Omit<LoginReport, "failure"> {
  const unknown = { resolvedBy: null, notResolved: [], engine: null, engineReason: null, way: [], notHonoured: [], warnings: [] };
  return { target: formatTarget(target), ...unknown };
}

function tryPick(pick: () => EnginePick): EnginePick | Failure {
  try {
    return pick();
  } catch (error) {
    return asFailure(error);
  }
}

async function examineHop(host: HostConfig, agent: Awaited<ReturnType<typeof agentOf>>): Promise<HopReport> {
  const identities = await Promise.all(host.identities.map((path) => examineIdentity(path, agent)));
  const files = knownHostsFiles(host);
  const knownAs = knownHostsName(host);
  const exists = await Promise.all(
    files.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return {
    alias: host.alias,
    server: formatServer(host.server),
    knownAs: hostPattern(knownAs.host, knownAs.port),
    proxyCommand: host.proxyCommand,
    identities: identities.filter(({ state }) => host.hasOwnIdentities || state !== "missing"),
    agent: agent === undefined ? null : { socket: agent.socketPath, keys: agent.identities.length, names: agent.identities.map(nameOf) },
    knownHosts: files.map((path, index) => ({ path, exists: exists[index] ?? false })),
  };
}

const nameOf = ({ comment, keyType }: AgentIdentity): string => foreign(comment) || keyType;

async function unhonoured(host: HostConfig, engine: EngineName): Promise<UnhonouredSetting[]> {
  const said = [host, ...host.jumps].flatMap((hop) => [...hop.said].map(([keyword, values]) => ({ keyword, values, files: hop.files })));
  const missed = said.filter(({ keyword, values }) => honourOf(keyword, values, engine) === "not-honoured");
  const once = missed.filter(({ keyword }, index) => missed.findIndex((other) => other.keyword === keyword) === index);
  return Promise.all(
    once.map(async ({ keyword, values, files }) => ({ keyword: spellKeyword(keyword), values, where: await whereSaid(keyword, files) })),
  );
}
