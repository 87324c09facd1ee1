import type { FailureReport } from "../../base/failure.js";
import type { HopReport } from "../../ssh/examine/examine-login.js";
import { commandsFor } from "./commands.js";
import { broken, fix, ok, unknown, type Verdict, warning } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";
import { hasPassed, layerOf } from "./failure-layers.js";
import { sshWordsOf, verboseSsh } from "./ssh-command.js";

/** Whether the server is the one it was. Pure. */
export function judgeHostKey(facts: TunnelFacts): Verdict {
  const failure = failureOf(facts, "host-key");
  const hop = hopOf(facts, failure);
  if (failure === null && !hasPassed(facts.session, "host-key")) return unknown("only a log-in shows it");
  if (failure === null) return ok(hop === undefined ? "known" : `${hop.knownAs} is known`);
  const { code, message, hint } = failure;
  const { name, isTunnel, platform } = facts;
  const { quote } = commandsFor(platform);
  const accept = isTunnel ? `clawtunnel trust ${name}` : `ssh ${sshWordsOf(facts)}`;
  switch (code) {
    case "host-key-unknown":
      // With `StrictHostKeyChecking yes` the hint is the line to write.
      if (hint.startsWith("StrictHostKeyChecking")) return broken(code, message, fix(hint));
      return broken(
        code,
        message,
        fix(
          "have the server's console print its fingerprints, and compare",
          "for key in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $key; done",
        ),
        fix("if one is the same, accept it", accept),
      );
    case "host-key-changed":
      return broken(
        code,
        message,
        fix("ask the server's owner whether it was installed anew; if so, take the old key out", ...removals(hop, message, quote), accept),
      );
    case "host-key-revoked":
      return broken(
        code,
        message,
        fix(
          "do not connect: ask the server's owner. known_hosts has the line with @revoked",
          ...filesOf(hop, message).map((path) => `grep -n @revoked ${quote(path)}`),
        ),
      );
    default:
      return broken(code, message, fix(hint, verboseSsh(facts)));
  }
}

/** `-f` for each file that may have the key: the one that the failure names, where it names one. */
function removals(hop: HopReport | undefined, message: string, quote: (word: string) => string): string[] {
  // Single quotes: a name with a port has brackets, which shells read.
  return filesOf(hop, message).map((path) => `ssh-keygen -R '${hop?.knownAs ?? "HOST"}' -f ${quote(path)}`);
}

function filesOf(hop: HopReport | undefined, message: string): string[] {
  const there = (hop?.knownHosts ?? []).filter(({ exists }) => exists).map(({ path }) => path);
  const named = there.filter((path) => message.includes(path));
  return named.length > 0 ? named : there;
}

/** Whether the server lets this user in, and with what. Pure. */
export function judgeAuthentication(facts: TunnelFacts): Verdict {
  const { session, login } = facts;
  const failure = failureOf(facts, "authentication");
  if (failure !== null) return judgeDenial(failure, facts);
  const hop = hopOf(facts, null);
  if (!hasPassed(session, "authentication")) return unknown("only a log-in shows it");
  const open = login?.engine === "ssh2" ? hop?.identities.find(({ isTooOpen, inAgent }) => isTooOpen && !inAgent) : undefined;
  const { closeKey } = commandsFor(facts.platform);
  if (open !== undefined) {
    return warning(
      "key-too-open",
      `logged in; others on this machine can read the key ${open.path}, and ssh itself would pass it over`,
      fix("let only you read it", closeKey(open.path)),
    );
  }
  return ok(`logged in${hop === undefined ? "" : ` to ${hop.server}`}`);
}

function judgeDenial(failure: FailureReport, facts: TunnelFacts): Verdict {
  const { message, hint } = failure;
  const { name, platform, isTunnel, spec, localUser } = facts;
  const { closeKey, startAgent, copyKey, quote } = commandsFor(platform);
  const hop = hopOf(facts, failure);
  const keys = hop?.identities ?? [];
  const seen = `${message}${describeOffer(hop, message)}`;
  const verbose = fix("see what ssh offers and what the server says to it", verboseSsh(facts));
  const open = keys.find(({ isTooOpen, inAgent }) => isTooOpen && !inAgent);
  const locked = keys.find(({ state, inAgent }) => state === "encrypted" && !inAgent);
  const answer = isTunnel ? [fix("or answer for it in a terminal", `clawtunnel up ${name}`)] : [];
  const copy = keys.find(({ state }) => state === "usable" || state === "encrypted")?.path ?? "~/.ssh/id_ed25519";

  // ssh says of a key that others can read that it cannot be used; ssh2 does not look.
  if (open !== undefined && /permissions|unprotected|bad permissions/i.test(message)) {
    return broken("key-too-open", seen, fix("let only you read it", closeKey(open.path)));
  }
  switch (failure.code) {
    case "identity-locked":
    case "needs-answer":
      if (locked === undefined) return broken(failure.code, seen, fix(hint, ...(isTunnel ? [`clawtunnel up ${name}`] : [])));
      return broken(
        "identity-locked",
        seen,
        fix("open the key once, for the agent", ...(hop?.agent ? [] : [startAgent()]), `ssh-add ${quote(locked.path)}`),
        ...answer,
      );
    case "identity-unreadable": {
      const bad = keys.find(({ state }) => state !== "usable" && state !== "encrypted");
      return broken(
        failure.code,
        seen,
        fix("see whether it is there, yours, and a private key", `ssh-keygen -yf ${quote(bad?.path ?? copy)}`),
      );
    }
    case "agent-unavailable":
      return broken(failure.code, seen, fix("start an agent, and give it a key", startAgent(), "ssh-add"));
    case "no-credentials":
      if (hop?.agent?.keys === 0)
        return broken(
          "agent-empty",
          `${seen}; the agent at ${hop.agent.socket} answers and holds no key`,
          fix("give it one", "ssh-add", "ssh-add -l"),
        );
      return broken(
        failure.code,
        seen,
        fix("make a key, and put its public half on the server", "ssh-keygen -t ed25519", copyKey("~/.ssh/id_ed25519", sshWordsOf(facts))),
      );
    default:
      break;
  }
  if (/too many (?:keys|authentication failures)/i.test(message)) {
    return broken(
      "too-many-keys",
      seen,
      fix(
        "name the one key, and keep the agent's others back: in the tunnel, or in ssh_config",
        `ssh -o IdentitiesOnly=yes -i ${quote(copy)} ${sshWordsOf(facts)}`,
      ),
      fix("the agent holds these", "ssh-add -l"),
    );
  }
  const account = hop?.server.split("@")[0];
  // An alias that stands for another host has lines of its own in ssh_config, which may well name the user.
  const isPlain = hop?.server.split("@")[1]?.startsWith(spec?.target.host ?? "");
  if (spec?.target.user === null && isPlain && account !== undefined && account === localUser) {
    return broken(
      "user-guessed",
      `${seen}; no user was named, so it was ${account}, as on this machine`,
      fix("name the account of the server", `clawtunnel up USER@${spec.target.host}`),
      verbose,
    );
  }
  return broken(
    failure.code,
    seen,
    fix(`check that ${account ?? "the user"} is right, and put the public half of the key on the server`, copyKey(copy, sshWordsOf(facts))),
    verbose,
  );
}

/** An agent may hold dozens. */
const namesMax = 6;

/** What there was to offer, where the failure does not say it. */
function describeOffer(hop: HopReport | undefined, message: string): string {
  if (hop === undefined) return "";
  const files = hop.identities
    .filter(({ path }) => !message.includes(path))
    .map(({ path, state, inAgent }) => `${path} (${inAgent ? "in the agent" : state})`);
  return `; there is ${[...files, describeAgent(hop, message)].join(", ")}`;
}

function describeAgent({ agent }: HopReport, message: string): string {
  if (agent === null) return "no agent";
  const names = agent.names.filter((name) => !message.includes(name));
  const held = names.length > namesMax ? `${names.slice(0, namesMax).join(", ")}, …` : names.join(", ");
  return `an agent with ${agent.keys === 1 ? "1 key" : `${agent.keys} keys`}${held === "" ? "" : ` (${held})`}`;
}

function failureOf({ session, login }: TunnelFacts, layer: "host-key" | "authentication"): FailureReport | null {
  const failure = session?.failure ?? login?.failure ?? null;
  return failure !== null && layerOf(failure.code) === layer ? failure : null;
}

/** The server of which a failure speaks: one to go through, or the last. */
function hopOf({ login }: TunnelFacts, failure: FailureReport | null): HopReport | undefined {
  const jumps = login?.way.slice(0, -1) ?? [];
  const named = failure === null ? undefined : jumps.find(({ server }) => failure.message.startsWith(`at the jump host ${server}`));
  return named ?? login?.way.at(-1);
}
