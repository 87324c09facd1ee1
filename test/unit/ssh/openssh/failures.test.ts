import { describe, expect, it } from "vitest";
import { failureFromSsh, type SshPlace } from "../../../../src/ssh/openssh/failures.js";

const logIn: SshPlace = { where: "me@box:22", stage: "log-in", canAsk: true, acceptedKey: undefined };
const session: SshPlace = { ...logIn, stage: "session" };
const failureOf = (lines: string | string[], place: SshPlace = logIn) => failureFromSsh([lines].flat(), "with status 255", place);

const changed = [
  "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
  "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
  "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
  "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
  "Offending ED25519 key in /home/me/.ssh/known_hosts:3",
  "Host key for box has changed and you have requested strict checking.",
  "Host key verification failed.",
];
const postQuantum = [
  "** WARNING: connection is not using a post-quantum key exchange algorithm.",
  '** This session may be vulnerable to "store now, decrypt later" attacks.',
  "** The server may need to be upgraded. See https://openssh.com/pq.html",
];

describe("what ssh says when a log-in fails", () => {
  it.each([
    ["ssh: Could not resolve hostname box: Name or service not known", "host-unresolved"],
    ["ssh: connect to host box port 22: Connection refused", "connection-refused"],
    ["ssh: connect to host box port 22: Connection timed out", "connect-timeout"],
    ["ssh: connect to host box port 22: Operation timed out", "connect-timeout"],
    ["ssh: connect to host box port 22: No route to host", "host-unreachable"],
    ["ssh: connect to host box port 22: Network is unreachable", "host-unreachable"],
    ["Connection timed out during banner exchange", "handshake-timeout"],
    ["kex_exchange_identification: Connection closed by remote host", "handshake-lost"],
    ["kex_exchange_identification: read: Connection reset by peer", "handshake-lost"],
    ["ssh_exchange_identification: Connection closed by remote host", "handshake-lost"],
    ["kex_exchange_identification: banner line contains invalid characters", "not-ssh"],
    ["banner exchange: Connection to 10.0.0.1 port 80: invalid format", "not-ssh"],
    ["Connection closed by 10.0.0.1 port 22", "handshake-lost"],
    ["Connection reset by 10.0.0.1 port 22", "handshake-lost"],
    ["No ED25519 host key is known for box and you have requested strict checking.", "host-key-unknown"],
    ["@       WARNING: REVOKED HOST KEY DETECTED!               @", "host-key-revoked"],
    ["Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found. Their offer: x", "algorithms-mismatch"],
    ["me@box: Permission denied (publickey,password).", "auth-rejected"],
    ["Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures", "auth-rejected"],
    ["/home/me/.ssh/config: line 3: Bad configuration option: nosuchoption", "ssh-config-invalid"],
    ["command-line: line 0: Bad configuration option: nosuchoption", "ssh-config-invalid"],
    ["Bad owner or permissions on /home/me/.ssh/config", "ssh-config-invalid"],
    ["something that no version has said yet", "ssh-ended"],
  ])("%s: %s", (line, code) => {
    expect(failureOf(line).code).toBe(code);
  });

  it("a changed host key names the line that speaks against it, and not its consequence", () => {
    const failure = failureOf(changed);
    expect(failure).toMatchObject({ code: "host-key-changed", message: expect.stringContaining("known_hosts:3") });
  });

  it("the first cause wins", () => {
    const lines = ["ssh: connect to host hop port 22: Connection refused", "Connection closed by UNKNOWN port 65535"];
    expect(failureOf(lines)).toMatchObject({ code: "connection-refused", message: expect.stringContaining("hop port 22") });
  });

  it("a jump host that cannot reach the target says why", () => {
    const lines = [
      "channel 0: open failed: connect failed: Connection refused",
      "stdio forwarding failed",
      "Connection closed by UNKNOWN port 65535",
    ];
    expect(failureOf(lines)).toMatchObject({ code: "connection-refused", message: expect.stringContaining("jump host") });
  });

  it("a warning about key exchange and a banner are no cause", () => {
    expect(failureOf([...postQuantum, "Welcome to box", "me@box: Permission denied (publickey)."]).code).toBe("auth-rejected");
    expect(failureOf(postQuantum)).toMatchObject({ code: "ssh-ended", message: expect.not.stringContaining("post-quantum") });
  });

  it("a wrong password on the way is not why it ended", () => {
    expect(failureOf(["Permission denied, please try again.", "Connection closed by 10.0.0.1 port 22"]).code).toBe("handshake-lost");
  });

  it("a key that could not be read is told before the refusal that follows from it", () => {
    const lines = ["no such identity: /home/me/key: No such file or directory", "me@box: Permission denied (publickey)."];
    expect(failureOf(lines)).toMatchObject({ code: "identity-unreadable", message: expect.stringContaining("/home/me/key") });
  });

  it("where ssh could not ask, what it would have asked is told", () => {
    const denied = "me@box: Permission denied (publickey,password).";
    expect(failureOf(denied, { ...logIn, canAsk: false }).code).toBe("needs-answer");
    const key = { ...logIn, canAsk: false, acceptedKey: "/home/me/key" };
    expect(failureOf("me@box: Permission denied (publickey).", key)).toMatchObject({
      code: "needs-answer",
      message: expect.stringMatching(/\/home\/me\/key.*node-pty is missing/),
    });
  });
});

describe("what ssh says when a session ends", () => {
  it.each([
    ["Connection to box closed by remote host.", "peer-closed"],
    ["Timeout, server box not responding.", "peer-silent"],
    ["client_loop: send disconnect: Broken pipe", "connection-reset"],
    ["Read from remote host box: Connection reset by peer", "connection-reset"],
    ["Received disconnect from 10.0.0.1 port 22:11: shutting down", "server-disconnected"],
    ["Killed by signal 9.", "ssh-ended"],
  ])("%s: %s", (line, code) => {
    expect(failureOf(line, session)).toMatchObject({ code, recovery: "retry" });
  });

  it("without a word tells how the process ended", () => {
    expect(failureOf([], session)).toMatchObject({ code: "ssh-ended", message: "me@box:22: ssh ended (with status 255)" });
  });
});
