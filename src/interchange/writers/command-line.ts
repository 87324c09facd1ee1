import type { OutgoingTunnel } from "./outgoing.js";
import { quoteForShell } from "./quote.js";

const starts = { ssh: ["ssh", "-N"], autossh: ["autossh", "-M", "0", "-N"] } as const;

/** The tunnel as one line for a POSIX shell. */
export function writeCommandLine(program: keyof typeof starts, tunnel: OutgoingTunnel): string {
  const { target, configFile, identities, jump, settings, forwards } = tunnel;
  const words = [
    ...starts[program],
    ...(configFile === null ? [] : ["-F", configFile]),
    ...settings.flatMap(({ key, value }) => ["-o", `${key}=${value}`]),
    ...identities.flatMap((path) => ["-i", path]),
    ...(jump.length === 0 ? [] : ["-J", jump.join(",")]),
    ...forwards.flatMap(({ letter, listen, to }) => [`-${letter}`, to === null ? listen : `${listen}:${to}`]),
    ...(target.port === null ? [] : ["-p", String(target.port)]),
    target.user === null ? target.host : `${target.user}@${target.host}`,
  ];
  return words.map(quoteForShell).join(" ");
}
