import type { Failure } from "../../base/failure.js";

export type SocksVersion = 4 | 5;

/** What a SOCKS client can be told of its request. */
export type SocksOutcome =
  | "granted"
  | "failed"
  | "not-allowed"
  | "no-network"
  | "unreachable"
  | "refused"
  | "command-unknown"
  | "address-unknown";

/** RFC 1928, 6. */
const socks5Codes: Readonly<Record<SocksOutcome, number>> = {
  granted: 0,
  failed: 1,
  "not-allowed": 2,
  "no-network": 3,
  unreachable: 4,
  refused: 5,
  "command-unknown": 7,
  "address-unknown": 8,
};

export function socksReply(version: SocksVersion, outcome: SocksOutcome): Buffer {
  return version === 5 ? socks5Reply(outcome) : socks4Reply(outcome);
}

/** The address that the server dials from is known to it alone: 0.0.0.0:0, as OpenSSH says it. */
export function socks5Reply(outcome: SocksOutcome): Buffer {
  return Buffer.from([5, socks5Codes[outcome], 0, 1, 0, 0, 0, 0, 0, 0]);
}

export function socks4Reply(outcome: SocksOutcome): Buffer {
  return Buffer.from([0, outcome === "granted" ? 0x5a : 0x5b, 0, 0, 0, 0, 0, 0]);
}

/** What is said of a dial that came to nothing. */
export function outcomeOf({ code }: Failure): SocksOutcome {
  switch (code) {
    case "service-refused":
      return "refused";
    case "service-unreachable":
      return "unreachable";
    case "forwarding-prohibited":
      return "not-allowed";
    case "channel-refused":
      return "failed";
    default:
      // There is no session, which is this machine's way to everywhere.
      return "no-network";
  }
}
