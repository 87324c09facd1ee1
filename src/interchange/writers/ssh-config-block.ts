import type { OutgoingTunnel } from "./outgoing.js";
import { quoteForSshConfig } from "./quote.js";

const keywords = { L: "LocalForward", R: "RemoteForward", D: "DynamicForward" } as const;

/**
 * The tunnel as a Host block. A target that is a host alone, or an alias, keeps its name, so that the block adds to what ssh_config
 * says of it already; any other with a user or a port becomes a host of its own, under the tunnel's name.
 */
export function writeSshConfigBlock(tunnel: OutgoingTunnel): string {
  const { target, identities, jump, settings, forwards } = tunnel;
  const keepsName = tunnel.isAlias || (target.user === null && target.port === null);
  const lines = [
    ...(keepsName ? [] : [`HostName ${quoteForSshConfig(target.host)}`]),
    ...(target.user === null ? [] : [`User ${quoteForSshConfig(target.user)}`]),
    ...(target.port === null ? [] : [`Port ${target.port}`]),
    ...identities.map((path) => `IdentityFile ${quoteForSshConfig(path)}`),
    ...(jump.length === 0 ? [] : [`ProxyJump ${jump.join(",")}`]),
    ...settings.map(({ key, value }) => `${key} ${value}`),
    ...forwards.map(({ letter, listen, to }) =>
      [keywords[letter], listen, to]
        .filter((part) => part !== null)
        .map(quoteForSshConfig)
        .join(" "),
    ),
  ];
  return [`Host ${keepsName ? target.host : tunnel.name}`, ...lines.map((line) => `    ${line}`)].join("\n");
}
