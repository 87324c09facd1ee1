import type { Address } from "../base/address.js";
import { Failure } from "../base/failure.js";
import type { FailureCode } from "../base/failure-catalogue.js";
import type { LoginSpec } from "../config/tunnel-spec.js";
import type { FoundAgent } from "./agent/find-agent.js";
import { describeFiles } from "./describe-files.js";
import { Lessons } from "./engine-choice/lessons.js";
import { agentOf, findUsualAgent, type LoginPlan, planLogin } from "./engine-choice/login-plan.js";
import { factsOfHost, firstHopOf } from "./facts-of-host.js";
import { type HostConfig, knownHostsFiles } from "./host-config.js";
import type { HostResolver } from "./resolve/host-resolver.js";
import { hostResolver } from "./resolve/resolve-host.js";
import type { ConnectContext, HostEngine, SshEngine, SshSession, Surroundings } from "./session.js";

export interface Engines {
  readonly ssh2: HostEngine;
  readonly openssh: HostEngine;
  readonly resolver?: HostResolver;
  readonly env?: NodeJS.ProcessEnv;
}

/** What ssh2 finds out only at the server, and ssh may do better. */
const sshMayDoBetter: Partial<Record<FailureCode, string>> = {
  "algorithms-mismatch": "the server offers only algorithms that ssh2 lacks",
  "host-key-needs-authority": "a @cert-authority of known_hosts",
};

/** Resolves a target as the user's ssh does, and logs in by the engine that can do what it asks for. */
export function createSshEngine({ ssh2, openssh, resolver = hostResolver, env = process.env }: Engines): SshEngine {
  const lessons = new Lessons();

  async function connect(login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession> {
    const lessonOf = (host: HostConfig) => lessons.of(host);
    const plan = await planLogin(login, { resolver, env, askedAgent: context.agentSocket, lessonOf }, signal);
    try {
      return await logIn(plan, login, context, signal);
    } catch (error) {
      const lesson = error instanceof Failure ? sshMayDoBetter[error.code] : undefined;
      if (lesson === undefined || plan.engine !== "ssh2" || login.engine !== "auto" || !plan.hasSsh || signal.aborted) throw error;
      await lessons.learn(plan.host, lesson);
      return await logIn({ ...plan, engine: "openssh", engineReason: lesson }, login, context, signal);
    }
  }

  async function logIn(plan: LoginPlan, login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession> {
    const { host, engine, engineReason, usualAgent } = plan;
    context.onResolved(factsOfHost(host, { engine, reason: engineReason }));
    // Each host's own IdentityAgent is looked at by the engine.
    const chosen = engine === "openssh" ? openssh : ssh2;
    const session = await chosen.connect(host, login, { ...context, agentSocket: usualAgent?.socketPath }, signal);
    context.person.accepted();
    return session;
  }

  function firstHop(login: LoginSpec, signal: AbortSignal): Promise<Address | null> {
    return resolver.recall(login, signal).then(
      ({ host }) => firstHopOf(host),
      () => null,
    );
  }

  /** Everything outside of the config that a log-in depends on, as texts that change when it does. Never rejects: what is missing is a state too. */
  async function surroundings(login: LoginSpec, agentSocket: string | undefined, signal: AbortSignal): Promise<Surroundings> {
    const host = await resolver.recall(login, signal).then(
      (found) => found.host,
      () => undefined,
    );
    const way = host === undefined ? [] : [host, ...host.jumps];
    const [files, agents, knownHosts, sshConfig] = await Promise.all([
      describeFiles(way.flatMap(({ identities, certificates }) => [...identities.flatMap(besides), ...certificates])),
      describeAgents(way, agentSocket, signal),
      describeFiles(way.flatMap(knownHostsFiles)),
      resolver.configState(login, host),
    ]);
    return { keys: `${files} ${agents}`, knownHosts, sshConfig };
  }

  async function describeAgents(way: readonly HostConfig[], asked: string | undefined, signal: AbortSignal): Promise<string> {
    const usual = await findUsualAgent(asked, env, signal);
    return (await Promise.all(way.map((host) => agentOf(host, usual, signal)))).map(describeAgent).join(" ");
  }

  return { connect, firstHop, surroundings };
}

function besides(path: string): string[] {
  return [path, `${path}.pub`, `${path}-cert.pub`];
}

function describeAgent(agent: FoundAgent | undefined): string {
  return agent === undefined ? "none" : [agent.socketPath, ...agent.identities.map(({ blob }) => blob.toString("base64"))].join(" ");
}
