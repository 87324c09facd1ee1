import { isIP } from "node:net";
import { splitHostPort } from "../../base/address.js";
import type { FailureReport } from "../../base/failure.js";
import { commandsFor } from "./commands.js";
import { broken, fix, ok, unknown, type Verdict } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";
import { hasPassed, layerOf } from "./failure-layers.js";
import { sshWordsOf, verboseSsh } from "./ssh-command.js";

/** Failures of a log-in that a look at the way now proves to be over. */
const away: readonly string[] = ["host-unresolved", "host-unreachable", "connection-refused", "connect-timeout"];

/** What the target means, and what address its name stands for. Pure. */
export function judgeName(facts: TunnelFacts): Verdict {
  const { login, way, platform } = facts;
  const failure = failureAt("name", facts);
  if (failure !== null) {
    const host = hostOf(facts);
    if (failure.code === "ssh-config-invalid")
      return broken(failure.code, failure.message, fix("see what is wrong with ssh_config", `ssh -G ${sshWordsOf(facts)}`));
    if (failure.code !== "host-unresolved") return broken(failure.code, failure.message, fix(failure.hint));
    return broken(
      failure.code,
      failure.message,
      fix("ask this machine's resolver; check the spelling, the network and the VPN", commandsFor(platform).resolveName(host)),
    );
  }
  if (way === null) return unknown("not looked up");
  if (way.addresses.length === 0 && way.failure !== null) return ok("the session has found it");
  if (way.firstHop === null) return ok("the ProxyCommand of ssh_config sees to it");
  const host = hostOf(facts);
  const isLiteral = isIP(host) !== 0;
  const through = login !== null && login.way.length > 1 ? ` (the first of ${login.way.length - 1} to go through)` : "";
  return ok(isLiteral ? `${host} is an address${through}` : `${host} is ${way.addresses.join(", ")}${through}`);
}

/** With several targets each has its own reason. */
export function tellOtherWays(verdict: Verdict, { otherWays }: Pick<TunnelFacts, "otherWays">): Verdict {
  if (verdict.state !== "broken" || otherWays.length === 0) return verdict;
  const others = otherWays.map(({ target, failure: { message } }) => `${target} (${message})`).join(", ");
  return { ...verdict, seen: `${verdict.seen}. Nor can it go by ${others}` };
}

/** Whether an SSH server answers at the first hop, and whether the line to the server holds. Pure. */
export function judgeSshPort(facts: TunnelFacts): Verdict {
  const { way, platform, session } = facts;
  const failure = failureAt("ssh-port", facts);
  const { host, port } = splitHop(facts);
  const knock = commandsFor(platform).tryPort(host, port);
  if (failure !== null) return judgeLine(failure, facts, knock);
  if (way?.greeting) return ok(`${way.firstHop} greets: ${way.greeting}`);
  if (hasPassed(session, "ssh-port")) return ok("the server answers");
  return unknown("only a log-in goes through the ProxyCommand");
}

function judgeLine({ code, message, hint }: FailureReport, facts: TunnelFacts, knock: string): Verdict {
  const { name, login } = facts;
  const verbose = fix("see how far ssh itself comes", verboseSsh(facts));
  switch (code) {
    case "connection-refused":
      return broken(
        code,
        message,
        fix("the machine is there, and no sshd listens on that port: try it, and look on the server", knock, "sudo systemctl status ssh"),
      );
    case "connect-timeout":
      return broken(code, message, fix("a firewall drops it, or the machine is off: try it, and look at the provider's firewall", knock));
    case "host-unreachable":
      return broken(code, message, fix("check this machine's network and VPN", knock));
    case "not-ssh":
      return broken(
        code,
        message,
        fix("the port is another service's, or a captive portal answers: check the target's port", verboseSsh(facts)),
      );
    case "handshake-timeout":
      return broken(code, message, fix("something accepts and says nothing: an overloaded server, or no SSH at all", verboseSsh(facts)));
    case "handshake-lost":
      return broken(
        code,
        message,
        fix(
          "the server turns log-ins away: too many at once (MaxStartups), or this address is banned. On the server",
          "sudo sshd -T | grep -iE 'maxstartups|persource'",
          "sudo fail2ban-client status sshd",
        ),
        verbose,
      );
    case "jump-failed": {
      const hops = login?.way.slice(0, -1).map(({ alias }) => alias) ?? [];
      return broken(code, message, fix("log in to the jump host, and try the next one from there", ...hops.map((hop) => `ssh ${hop}`)));
    }
    case "proxy-command-failed": {
      const command = login?.way.find(({ proxyCommand }) => proxyCommand !== null)?.proxyCommand;
      return broken(
        code,
        message,
        fix("run the ProxyCommand by itself to see what it says", ...(command ? [command] : []), verboseSsh(facts)),
      );
    }
    default:
      return broken(code, message, fix(hint, `clawtunnel logs ${name}`), verbose);
  }
}

/** Why the way ends at this layer, if it does. What is seen now counts more than what the tunnel's last try met. */
export function failureAt(layer: "name" | "ssh-port", { login, way, session }: TunnelFacts): FailureReport | null {
  // A session that stands has come by a way that is whole, whatever a target of the same tunnel is at now.
  if (session?.failure === null) return null;
  const known = [way?.failure, login?.failure].find((failure) => failure != null && layerOf(failure.code) === layer);
  if (known != null) return known;
  const last = session?.failure ?? null;
  if (last === null || layerOf(last.code) !== layer) return null;
  const isOver = way !== null && way.failure === null && way.greeting !== null && away.includes(last.code);
  return isOver ? null : last;
}

function splitHop({ way, spec }: TunnelFacts): { host: string; port: string } {
  const split = splitHostPort(way?.firstHop ?? "");
  return { host: split?.host || (spec?.target.host ?? "HOST"), port: String(split?.port ?? spec?.target.port ?? 22) };
}

function hostOf(facts: TunnelFacts): string {
  return splitHop(facts).host;
}
