import { commandsFor } from "./commands.js";
import type { TunnelFacts } from "./facts.js";

/** The words of ssh(1) that lead to the same server, as a person would type them: what is in the tunnel's own config as options. Pure. */
export function sshWordsOf({ spec, platform }: Pick<TunnelFacts, "spec" | "platform">): string {
  if (spec === null) return "HOST";
  const { target, configFile, jump, identities, options } = spec;
  const words = [
    ...(configFile === null ? [] : ["-F", configFile]),
    ...options.flatMap((option) => ["-o", option]),
    ...identities.flatMap((path) => ["-i", path]),
    ...(jump.length === 0 ? [] : ["-J", jump.join(",")]),
    ...(target.port === null ? [] : ["-p", String(target.port)]),
    target.user === null ? target.host : `${target.user}@${target.host}`,
  ];
  return words.map(commandsFor(platform).quote).join(" ");
}

/** Says what ssh sees of the log-in, and opens no shell, which a key of least privilege has not. */
export function verboseSsh(facts: Pick<TunnelFacts, "spec" | "platform">): string {
  return `ssh -v -N ${sshWordsOf(facts)}`;
}
