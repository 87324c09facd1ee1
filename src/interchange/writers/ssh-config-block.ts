import type { OutgoingTunnel } from "./outgoing.js";
import { quoteForSshConfig } from "./quote.js";

const keywords = { L: "LocalForward", R: "RemoteForward", D: "DynamicForward" } as const;

/**
 * The tunnel as a Host block. A target that is a host alone keeps its name, so that the block adds to what ssh_config says of it
 * already; with a user or a port it becomes a host of its own, under the tunnel's name.
 */
export function writeSshConfigBlock(tunnel: OutgoingTunnel): string {
  const { target, identities, jump, settings, forwards } = tunnel;
  const isBare = target.user === null && target.port === null;
  const lines = [
    ...(isBare ? [] : [`HostName ${quoteForSshConfig(target.host)}`]),
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
  return [`Host ${isBare ? target.host : tunnel.name}`, ...lines.map((line) => `    ${line}`)].join("\n");
}
