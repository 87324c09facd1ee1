import type { HostKeyPolicy } from "../host-config.js";
import { isAtLeast, type OpensshVersion } from "../openssh-version.js";

/** The functions of OpenSSH whose lines are read here, each with what it tells. */
const toldByLog = [
  "channels.c:channel_post_port_listener():*",
  "channels.c:channel_new():*",
  "channels.c:channel_input_open_confirmation():*",
  "channels.c:channel_input_open_failure():*",
  "sshconnect.c:verify_host_key():*",
  "sshconnect2.c:input_userauth_pk_ok():*",
  "readpass.c:notify_start():*",
  // What is no error, and tells why a log-in or a session failed.
  "sshconnect2.c:load_identity_file():*",
  "clientloop.c:server_alive_check():*",
];

interface OptionFacts {
  readonly version: OpensshVersion;
  readonly controlPath: string;
  readonly connectTimeoutMs: number;
  /** Whether ssh has a terminal to ask at. */
  readonly canAsk: boolean;
  readonly hostKeyPolicy: HostKeyPolicy;
  /** Whether another ssh may be on the way, which asks a person while this one waits for the server's first words. */
  readonly hasProxy: boolean;
  /** Whether AES is fast here, and the user has no word in which cipher is taken. */
  readonly prefersAes: boolean;
}

/** sshd ends a log-in after so long (LoginGraceTime): no person is waited for any longer. */
const personMaxMs = 120_000;

/**
 * The words that come before the user's own: for ssh the first value of a keyword is the one that holds. They make it one process
 * that stays in the foreground, opens no forward but ours and starts nothing. The user's rules for host keys hold, but for one:
 * with `StrictHostKeyChecking no` ssh opens no forward to a server whose key has changed, but would open those that are asked for later.
 */
export function ourWords({ version, controlPath, connectTimeoutMs, canAsk, hostKeyPolicy, hasProxy, prefersAes }: OptionFacts): string[] {
  const patienceMs = canAsk && hasProxy ? personMaxMs : 0;
  const since = (major: number, minor: number, ...options: string[]) => (isAtLeast(version, major, minor) ? options : []);
  const options = [
    "ControlMaster=yes",
    // In quotes for its spaces; a percent sign would begin a token.
    `ControlPath="${controlPath.replaceAll("%", "%%")}"`,
    "ControlPersist=no",
    ...since(8, 7, "ForkAfterAuthentication=no"),
    "ClearAllForwardings=yes",
    "ExitOnForwardFailure=no",
    "PermitLocalCommand=no",
    ...since(7, 6, "RemoteCommand=none"),
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "EscapeChar=none",
    "VisualHostKey=no",
    `ConnectTimeout=${Math.max(1, Math.ceil((connectTimeoutMs + patienceMs) / 1000))}`,
    "ConnectionAttempts=1",
    // ssh's own favourite, chacha20-poly1305, takes the processor for a third longer. The list stays what it is but for its order.
    ...(prefersAes ? since(8, 1, "Ciphers=^aes128-gcm@openssh.com") : []),
    ...(hostKeyPolicy === "no" ? since(7, 6, "StrictHostKeyChecking=accept-new") : []),
    ...(canAsk ? [] : ["BatchMode=yes"]),
    // Nothing that a server words (a banner): it would stand among ssh's own lines, and could say in its name why a log-in failed.
    // Before 8.5 there is no way to ask for a few lines of the log, only for all of them.
    ...(isAtLeast(version, 8, 5) ? ["LogLevel=ERROR", `LogVerbose=${toldByLog.join(",")}`] : ["LogLevel=DEBUG2"]),
  ];
  return ["-N", "-T", ...options.flatMap((option) => ["-o", option])];
}
