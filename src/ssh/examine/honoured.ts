import type { EngineName } from "../session.js";

/** What becomes of a setting of ssh_config: done, nothing to do for a tunnel, or not done. */
export type Honour = "honoured" | "harmless" | "not-honoured";

/** Both engines do these, by the fields of HostConfig. */
const honoured = [
  "host user hostname port addressfamily bindaddress batchmode certificatefile ciphers clearallforwardings compression connecttimeout",
  "canonicaldomains canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames",
  "globalknownhostsfile hashknownhosts hostkeyalgorithms hostkeyalias identitiesonly identityagent identityfile kbdinteractiveauthentication",
  "kexalgorithms macs numberofpasswordprompts passwordauthentication preferredauthentications proxycommand proxyjump pubkeyacceptedalgorithms",
  "pubkeyauthentication serveralivecountmax serveraliveinterval stricthostkeychecking userknownhostsfile",
];

/**
 * They are about shells, screens, logs and the sharing of connections, of which a tunnel has none; or the daemon sees to it in a
 * way of its own: ports and sockets, when to try again, and which forwards there are.
 */
const harmless = [
  "checkhostip connectionattempts controlmaster controlpath controlpersist enableescapecommandline escapechar exitonforwardfailure",
  "fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports ignoreunknown ipqos",
  "kbdinteractivedevices localcommand loglevel logverbose obscurekeystroketiming permitlocalcommand remotecommand requesttty sendenv sessiontype",
  "setenv stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive updatehostkeys versionaddendum visualhostkey",
  "warnweakcrypto xauthlocation tunneldevice",
];

/** The system's ssh is told otherwise by us, or has nobody who would see to it. */
const notByOpenssh = ["tunnel", "localforward", "remoteforward", "dynamicforward"];

const words = (lines: readonly string[]): ReadonlySet<string> => new Set(lines.join(" ").split(" "));
const honouredKeywords = words(honoured);
const harmlessKeywords = words(harmless);

/**
 * What `engine` makes of a keyword. What this program has never heard of the system's ssh does, and ssh2 does not. A GSSAPI that
 * nobody can use is asked for by some systems for everyone. Pure.
 */
export function honourOf(keyword: string, values: readonly string[], engine: EngineName): Honour {
  if (honouredKeywords.has(keyword)) return "honoured";
  if (harmlessKeywords.has(keyword)) return "harmless";
  if (isOff(values)) return "harmless";
  if (notByOpenssh.includes(keyword)) return "not-honoured";
  if (engine === "openssh") return "honoured";
  return keyword.startsWith("gssapi") ? "harmless" : "not-honoured";
}

function isOff(values: readonly string[]): boolean {
  return values.every((value) => /^(?:no|false|none|off)?$/i.test(value));
}

/** Keywords as ssh_config(5) writes them, where capitals tell the words apart; others stay in lower case. */
const spellings = [
  "LocalForward RemoteForward DynamicForward Tunnel PKCS11Provider KnownHostsCommand RevokedHostKeys VerifyHostKeyDNS ProxyUseFdpass",
  "HostbasedAuthentication HostbasedAcceptedAlgorithms RequiredRSASize BindInterface RekeyLimit PermitRemoteOpen ChannelTimeout",
  "CASignatureAlgorithms SecurityKeyProvider NoHostAuthenticationForLocalhost EnableSSHKeysign RefuseConnection",
];
const spelled = new Map([...words(spellings)].map((word) => [word.toLowerCase(), word]));

export function spellKeyword(keyword: string): string {
  return spelled.get(keyword) ?? keyword;
}
