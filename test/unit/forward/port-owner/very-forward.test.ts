import { describe, expect, it } from "vitest";
import { readVeryForward, type WantedForward } from "../../../../src/forward/port-owner/very-forward.js";

const wanted: WantedForward = {
  target: { user: "me", host: "vps.example.com", port: 22 },
  forward: { bind: { host: "127.0.0.1", port: 8080 }, to: { host: "127.0.0.1", port: 80 } },
  others: [{ bind: { host: "127.0.0.1", port: 5432 }, to: { host: "db", port: 5432 } }],
};
const isVeryForward = (argv: readonly string[], of: WantedForward) => readVeryForward(argv, of) !== undefined;
const judge = (line: string, changes: Partial<WantedForward> = {}) => isVeryForward(line.split(" "), { ...wanted, ...changes });

describe("an ssh with this very forward", () => {
  it.each([
    "ssh -N -L 8080:127.0.0.1:80 me@vps.example.com",
    "/usr/bin/ssh -N -L 8080:localhost:80 me@vps.example.com",
    "ssh -N -L8080:127.0.0.1:80 vps.example.com",
    "ssh -NTfL8080:127.0.0.1:80 me@VPS.example.com",
    "ssh -fNL 8080:127.0.0.1:80 me@vps.example.com",
    "ssh -N -L 127.0.0.1:8080:127.0.0.1:80 me@vps.example.com",
    "ssh -N -L localhost:8080:127.0.0.1:80 me@vps.example.com",
    "ssh me@vps.example.com -L 8080:127.0.0.1:80 -N",
    "ssh -N -l me -p 22 -L 8080:127.0.0.1:80 vps.example.com",
    "ssh -N -L 8080:127.0.0.1:80 ssh://me@vps.example.com:22",
    "ssh -N -o User=me -o Port=22 -o ServerAliveInterval=5 -i /k -L 8080:127.0.0.1:80 vps.example.com",
    "ssh -N -o LocalForward=127.0.0.1:8080:127.0.0.1:80 me@vps.example.com",
    "ssh -o SessionType=none -L 8080:127.0.0.1:80 me@vps.example.com",
    "ssh -N -F none -C -v -4 -L 8080:127.0.0.1:80 me@vps.example.com",
    "ssh -N -L 8080:127.0.0.1:80 -L 5432:db:5432 me@vps.example.com",
    "ssh -N -L 8080:127.0.0.1:80 -- me@vps.example.com",
    "/usr/lib/autossh/autossh -M 0 -N -L 8080:127.0.0.1:80 me@vps.example.com",
    "autossh -M20000 -f -N -L 8080:127.0.0.1:80 me@vps.example.com",
  ])("is known by `%s`", (line) => {
    expect(judge(line)).toBe(true);
  });

  it("may have its LocalForward in one argument, with a space as ssh_config has it", () => {
    expect(isVeryForward(["ssh", "-N", "-o", "LocalForward 8080 127.0.0.1:80", "me@vps.example.com"], wanted)).toBe(true);
  });

  it("may be for every address where ours is, too", () => {
    const forward = { ...wanted.forward, bind: { host: "0.0.0.0", port: 8080 } };
    expect(judge("ssh -N -L *:8080:127.0.0.1:80 me@vps.example.com", { forward })).toBe(true);
    expect(judge("ssh -gNL 8080:127.0.0.1:80 me@vps.example.com", { forward })).toBe(true);
    expect(judge("ssh -N -L 8080:127.0.0.1:80 me@vps.example.com", { forward })).toBe(false);
  });

  it("may name an IPv6 destination and server", () => {
    const forward = { bind: { host: "::1", port: 8080 }, to: { host: "fd00::1", port: 80 } };
    const target = { user: "me", host: "2001:db8::1", port: 2222 };
    expect(judge("ssh -N -p 2222 -L [::1]:8080:[fd00::1]:80 me@2001:db8::1", { forward, target })).toBe(true);
    expect(judge("ssh -N -L [::1]:8080:[fd00::1]:80 ssh://[2001:db8::1]:2222", { forward, target })).toBe(true);
  });
});

describe("what is not to be ended", () => {
  it.each([
    ["another destination", "ssh -N -L 8080:127.0.0.2:80 me@vps.example.com"],
    ["another destination port", "ssh -N -L 8080:127.0.0.1:81 me@vps.example.com"],
    ["another local port", "ssh -N -L 8081:127.0.0.1:80 me@vps.example.com"],
    ["a destination that only begins alike", "ssh -N -L 8080:127.0.0.1.evil.example:80 me@vps.example.com"],
    ["a wider bind", "ssh -N -L *:8080:127.0.0.1:80 me@vps.example.com"],
    ["a wider bind by an empty host", "ssh -N -L :8080:127.0.0.1:80 me@vps.example.com"],
    ["a wider bind by -g", "ssh -gN -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a wider bind by GatewayPorts", "ssh -N -o GatewayPorts=yes -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["another loopback address", "ssh -N -L 127.0.0.2:8080:127.0.0.1:80 me@vps.example.com"],
    ["another server", "ssh -N -L 8080:127.0.0.1:80 me@other.example.com"],
    ["another server by HostName", "ssh -N -o HostName=other -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["another server by its own file", "ssh -N -F /tmp/config -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["the same name behind a jump host", "ssh -N -J edge -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["the same name behind a proxy", "ssh -N -o ProxyCommand=nc -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["another user", "ssh -N -L 8080:127.0.0.1:80 you@vps.example.com"],
    ["another user by -l", "ssh -N -l you -L 8080:127.0.0.1:80 vps.example.com"],
    ["another SSH port", "ssh -N -p 2222 -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a shell", "ssh -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a shell with a terminal", "ssh -t -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a command", "ssh -N -L 8080:127.0.0.1:80 me@vps.example.com sleep 1d"],
    ["a command in the background", "ssh -f -L 8080:127.0.0.1:80 me@vps.example.com make"],
    ["a command that looks like the option", "ssh -L 8080:127.0.0.1:80 me@vps.example.com tail -N"],
    ["a command by RemoteCommand", "ssh -N -o RemoteCommand=make -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a subsystem", "ssh -N -s -L 8080:127.0.0.1:80 me@vps.example.com sftp"],
    ["a remote forward", "ssh -N -R 8080:127.0.0.1:80 me@vps.example.com"],
    ["a dynamic forward", "ssh -N -D 8080 me@vps.example.com"],
    ["a remote forward beside ours", "ssh -N -R 9:h:9 -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a dynamic forward beside ours", "ssh -NL8080:127.0.0.1:80 -D1080 me@vps.example.com"],
    ["a remote forward by -o", "ssh -N -o RemoteForward=9:h:9 -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a network device", "ssh -N -w 0:0 -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a forward beside ours that the tunnel has not", "ssh -N -L 8080:127.0.0.1:80 -L 9000:h:9 me@vps.example.com"],
    ["only the tunnel's other forward", "ssh -N -L 5432:db:5432 me@vps.example.com"],
    ["a master, on which other sessions may ride", "ssh -M -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a master by -o", "ssh -N -o ControlMaster=auto -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a forward to a unix socket", "ssh -N -L 8080:/run/docker.sock me@vps.example.com"],
    ["a request to a master", "ssh -O forward -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["no server", "ssh -N -L 8080:127.0.0.1:80"],
    ["no forward", "ssh -N me@vps.example.com"],
    ["an option that is cut off", "ssh -N me@vps.example.com -L"],
    ["an option that ssh does not have", "ssh -N -z -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["an autossh whose ssh has a shell", "autossh -M 0 -f -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a program whose name only begins so", "ssh-forward -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a program whose name only ends so", "/home/me/not-ssh -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a shell that runs a script named ssh", "/bin/sh /home/me/ssh -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["mosh", "mosh-client -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["an sshd", "sshd: -N -L 8080:127.0.0.1:80 me@vps.example.com"],
    ["a master that has renamed itself", "ssh: /home/me/.ssh/master [mux]"],
    ["nothing at all", ""],
  ])("is %s: `%s`", (_, line) => {
    expect(judge(line)).toBe(false);
  });

  it("is a process whose title is one long word", () => {
    expect(isVeryForward(["ssh -N -L 8080:127.0.0.1:80 me@vps.example.com"], wanted)).toBe(false);
    expect(isVeryForward([], wanted)).toBe(false);
  });

  it("is an ssh to port 22 where the tunnel's server is at another port of the same host", () => {
    const target = { ...wanted.target, port: 2222 };
    expect(judge("ssh -N -L 8080:127.0.0.1:80 me@vps.example.com", { target })).toBe(false);
    expect(judge("ssh -N -p2222 -L 8080:127.0.0.1:80 me@vps.example.com", { target })).toBe(true);
  });

  it("is one whose options' values look like ours", () => {
    const argv = (...words: string[]) => isVeryForward(["ssh", ...words], wanted);
    expect(argv("-i", "-N", "-L", "8080:127.0.0.1:80", "me@vps.example.com")).toBe(false);
    expect(argv("-N", "-i", "-L", "8080:127.0.0.1:80", "me@vps.example.com")).toBe(false);
    expect(argv("-N", "-oProxyCommand=ssh -L 8080:127.0.0.1:80 x", "me@vps.example.com")).toBe(false);
  });
});

describe("its words for ssh alone", () => {
  it.each([
    ["ssh -N -L 8080:127.0.0.1:80 me@vps.example.com", "-N -L 8080:127.0.0.1:80 -- me@vps.example.com"],
    ["ssh me@vps.example.com -fNTL8080:127.0.0.1:80", "-f -N -T -L 8080:127.0.0.1:80 -- me@vps.example.com"],
    ["ssh -N -p22 -oUser=me -L 8080:127.0.0.1:80 -- vps.example.com", "-N -p 22 -o User=me -L 8080:127.0.0.1:80 -- vps.example.com"],
    ["ssh -N -E log -L 8080:127.0.0.1:80 vps.example.com", "-N -L 8080:127.0.0.1:80 -- vps.example.com"],
    ["autossh -M 0 -fN -L 8080:127.0.0.1:80 vps.example.com", "-N -L 8080:127.0.0.1:80 -- vps.example.com"],
    ["autossh -fNM20000 -L 8080:127.0.0.1:80 vps.example.com", "-N -L 8080:127.0.0.1:80 -- vps.example.com"],
  ])("are, of `%s`, `%s`", (line, expected) => {
    expect(readVeryForward(line.split(" "), wanted)?.sshWords.join(" ")).toBe(expected);
  });
});
