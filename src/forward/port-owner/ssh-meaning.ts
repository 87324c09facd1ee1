import { parsePort } from "../../base/address.js";
import { readSshDump } from "../../ssh/resolve/ssh-dump.js";
import { areForwardsOf, canonicalHost, type WantedForward } from "./very-forward.js";

/** What an ssh does besides its local forwards, or that leads to another server than the one it names. Printed only where it is so. */
const foreignKeywords = ["dynamicforward", "proxycommand", "proxyjump", "remotecommand", "remoteforward"];

/** OpenSSH prints these always. Other sessions may ride on a master. */
const refusedKeywords = ["controlmaster", "permitlocalcommand", "tunnel"];

/**
 * Whether what `ssh -G` prints (each keyword of ssh_config(5) in lower case with its value, a line each) is the wanted forward and
 * nothing else, with all that configuration files have added. In doubt it is not.
 */
export function meansVeryForward(dump: string, wanted: WantedForward): boolean {
  const values = readSshDump(dump);
  const all = (keyword: string, isRight: (value: string) => boolean) => values.get(keyword)?.every(isRight) ?? false;
  const { user, host, port } = wanted.target;
  const isSameServer =
    all("user", (value) => value === user) &&
    all("hostname", (value) => canonicalHost(value) === canonicalHost(host)) &&
    all("port", (value) => parsePort(value) === port);
  // OpenSSH before 8.7 has no sessiontype; there the command line alone tells of -N.
  const isUnattended = !values.has("sessiontype") || all("sessiontype", (value) => value === "none");
  const isNothingElse = foreignKeywords.every((keyword) => !values.has(keyword)) && refusedKeywords.every((keyword) => all(keyword, isNo));
  const isGateway = !all("gatewayports", isNo);
  const forwards = (values.get("localforward") ?? []).map((value) => value.replace(" ", ":"));
  return isSameServer && isUnattended && isNothingElse && areForwardsOf(wanted, forwards, isGateway);
}

/** OpenSSH has printed both for one and the same. */
function isNo(value: string): boolean {
  return value === "no" || value === "false";
}
