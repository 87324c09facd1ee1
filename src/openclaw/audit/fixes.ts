import { quoteForShell } from "../../interchange/writers/quote.js";
import { type AuditFacts, roleOf } from "./facts.js";
import type { Fix } from "./report.js";

/** How to have what listens at `port` listen on loopback alone, in this very case: best first. */
export function fixesOfBind(facts: AuditFacts, port: number): Fix[] {
  const { process, tunnel } = facts;
  const role = roleOf(facts, port);
  if (role === "service") {
    return [{ about: "in the service's own configuration, bind it to 127.0.0.1", commands: [] }, ...fixesOfFirewall(facts, port)];
  }
  if (process?.container != null) return [...fixesOfDocker(port, port), ...fixesOfFirewall(facts, port)];
  return [
    ...(process?.bindFlag == null ? [] : [fixOfFlag(process)]),
    { about: "from here, with a way back", commands: [`clawtunnel harden ${tunnel}`] },
    { about: "or by hand on the server; the gateway restarts by itself", commands: ["openclaw config set gateway.bind loopback"] },
    ...fixesOfFirewall(facts, port),
  ];
}

function fixOfFlag({ unit, bindFlag }: NonNullable<AuditFacts["process"]>): Fix {
  const about = `on the server, where the gateway is started: take out --bind ${bindFlag}, which counts for more than its file`;
  if (unit === null) return { about, commands: [] };
  const manager = unit.scope === "user" ? "systemctl --user" : "sudo systemctl";
  const name = quoteForShell(unit.name);
  return { about, commands: [`${manager} edit --full ${name}`, `${manager} restart ${name}`] };
}

/** bind=loopback inside of a container would make it unreachable for the server itself. */
export function fixesOfDocker(port: number, containerPort: number): Fix[] {
  return [
    {
      about: "where the container is made: publish the port on loopback alone, and make it anew (in a compose file, the same under ports:)",
      commands: [`docker run -p 127.0.0.1:${port}:${containerPort} …`],
    },
    {
      about: "until then, on the server; ufw does not help, because Docker's own rules come before it",
      commands: [`sudo iptables -I DOCKER-USER -p tcp -m conntrack --ctorigdstport ${port} --ctdir ORIGINAL -j DROP`],
    },
  ];
}

/** What keeps strangers out meanwhile. */
export function fixesOfFirewall({ server }: AuditFacts, port: number): Fix[] {
  const hasUfw = server?.ufw != null;
  return [
    ...(hasUfw ? [{ about: "besides, on the server, with ufw", commands: [`sudo ufw deny ${port}/tcp`] }] : []),
    {
      about: `besides, in the firewall of the server's provider (security group, network firewall): no rule that lets in TCP ${port}`,
      commands: [],
    },
  ];
}

export function fixOfSshd(line: string): Fix {
  const file = "/etc/ssh/sshd_config.d/00-clawtunnel.conf";
  return {
    about: "on the server, from a session that stays open until a second log-in has worked",
    commands: [`echo '${line}' | sudo tee -a ${file}`, "sudo sshd -t && sudo systemctl reload ssh"],
  };
}
