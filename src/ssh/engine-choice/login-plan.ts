import { homedir } from "node:os";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { agentCandidates } from "../agent/candidates.js";
import { type FoundAgent, findAgent } from "../agent/find-agent.js";
import type { HostConfig } from "../host-config.js";
import type { HostResolver } from "../resolve/host-resolver.js";
import { findSsh } from "../resolve/ssh-program.js";
import type { EngineName } from "../session.js";
import { unsupportedBySsh2 } from "../ssh2/capabilities.js";
import { needOf, pickEngine } from "./choose-engine.js";
import { lookAtHost } from "./host-looks.js";

/** What a log-in needs that is not in its words: looked up for each, because it changes while the daemon runs. */
export interface LoginPlan {
  readonly host: HostConfig;
  readonly engine: EngineName;
  readonly engineReason: string | null;
  /** The agent found the usual way, for who has no other by ssh_config. */
  readonly usualAgent: FoundAgent | undefined;
  readonly hasSsh: boolean;
}

export interface PlanContext {
  readonly resolver: HostResolver;
  /** SSH_AUTH_SOCK of whoever asked last. */
  readonly askedAgent: string | undefined;
  /** Why ssh2 could not speak with this server before. */
  readonly lessonOf: (host: HostConfig) => Promise<string | undefined>;
  readonly env: NodeJS.ProcessEnv;
}

/** How to log in. Rejects with `ssh-config-invalid`, `host-unresolved` or `engine-unavailable`. */
export async function planLogin(login: LoginSpec, context: PlanContext, signal: AbortSignal): Promise<LoginPlan> {
  const { env, askedAgent } = context;
  const [{ host }, usualAgent, program] = await Promise.all([
    context.resolver.resolve(login, signal),
    findUsualAgent(askedAgent, env, signal),
    findSsh(env),
  ]);
  signal.throwIfAborted();
  const need = await needOfWay(host, usualAgent, env, signal);
  const hasSsh = program !== undefined;
  const pick = pickEngine({ choice: login.engine, need, lesson: await context.lessonOf(host), hasSsh, host });
  return { host, engine: pick.engine, engineReason: pick.reason, usualAgent, hasSsh };
}

export function findUsualAgent(asked: string | undefined, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<FoundAgent | undefined> {
  return findAgent(agentCandidates({ asked, env, home: homedir(), platform: process.platform }), signal);
}

/** The agent of one host: the usual one, or what ssh_config says in its place. */
export function agentOf({ agent }: HostConfig, usual: FoundAgent | undefined, signal: AbortSignal): Promise<FoundAgent | undefined> {
  if (agent.kind === "usual") return Promise.resolve(usual);
  return agent.kind === "none" ? Promise.resolve(undefined) : findAgent([agent.path], signal);
}

/** What only openssh can do, of the host and of all that it jumps through: one session cannot be of two engines. */
export async function needOfWay(
  host: HostConfig,
  usual: FoundAgent | undefined,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const each of [host, ...host.jumps]) {
    const need = needOf(each, await lookAtHost(each, await agentOf(each, usual, signal), env));
    if (need !== undefined) return each === host ? need : `${need} of ${each.alias}`;
  }
  const missing = unsupportedBySsh2(host);
  return missing && `${missing}, of which ssh2 has none`;
}
