import { type Endpoint, isSocketPath } from "../../base/address.js";

/**
 * What ssh's log says of the channels that it opens for connections to its own listeners, in this order for each: a connection was
 * taken, a channel has been made for it, the server has opened the channel or has not.
 */
export type ChannelEvent =
  | { readonly kind: "taken"; readonly destination: string }
  | { readonly kind: "made"; readonly channel: number }
  | { readonly kind: "opened"; readonly channel: number }
  | { readonly kind: "refused"; readonly channel: number; readonly reason: number; readonly text: string };

/** channels.c prints no more of a host or a path. */
const destinationMaxLength = 100;

/** RFC 4254, 5.1, in channels.c's words. */
const reasons: Readonly<Record<string, number>> = {
  "administratively prohibited": 1,
  "connect failed": 2,
  "unknown channel type": 3,
  "resource shortage": 4,
};

/** How the log names a destination. */
export function destinationInLog(to: Endpoint): string {
  return isSocketPath(to) ? `${cut(to.path)} port -2` : `${cut(to.host)} port ${to.port}`;
}

/** The text of one line, as it has been worded since OpenSSH 6.7 (2014), which brought unix sockets. */
export function readChannelEvent(text: string): ChannelEvent | undefined {
  const [, destination] = /^Connection to (?:port -?\d+|.+) forwarding to (.* port -?\d+) requested\.$/.exec(text) ?? [];
  if (destination !== undefined) return { kind: "taken", destination };
  const [, id = "", rest = ""] = /^channel (\d+): (.*)$/.exec(text) ?? [];
  if (id === "") return undefined;
  const channel = Number(id);
  if (/^new\b.*\bdirect-(?:tcpip|streamlocal)\b/.test(rest)) return { kind: "made", channel };
  if (/^open confirm\b/.test(rest)) return { kind: "opened", channel };
  const [, reason, why = ""] = /^open failed: ([^:]*)(?:: ?(.*))?$/.exec(rest) ?? [];
  if (reason === undefined) return undefined;
  return { kind: "refused", channel, reason: reasons[reason] ?? 0, text: why };
}

function cut(text: string): string {
  return text.slice(0, destinationMaxLength);
}
