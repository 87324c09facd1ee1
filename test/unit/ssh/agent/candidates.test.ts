import { describe, expect, it } from "vitest";
import { type AgentPlaces, agentCandidates } from "../../../../src/ssh/agent/candidates.js";

const places = (changes: Partial<AgentPlaces>) =>
  agentCandidates({ asked: undefined, env: {}, home: "/home/me", platform: "linux", ...changes });

describe("where an agent may be", () => {
  it("is first where the asker's variable says, then where the daemon's own does", () => {
    expect(places({ asked: "/a", env: { SSH_AUTH_SOCK: "/b" } }).slice(0, 2)).toEqual(["/a", "/b"]);
    expect(places({ asked: "/a", env: { SSH_AUTH_SOCK: "/a" } }).filter((path) => path === "/a")).toHaveLength(1);
  });

  it("is then in the runtime folder, in the order of who is asked for by name most likely", () => {
    expect(places({ env: { XDG_RUNTIME_DIR: "/run/user/1000", SSH_AUTH_SOCK: "" } })).toEqual([
      "/run/user/1000/ssh-agent.socket",
      "/run/user/1000/openssh_agent",
      "/run/user/1000/gcr/ssh",
      "/run/user/1000/keyring/ssh",
      "/run/user/1000/gnupg/S.gpg-agent.ssh",
      "/home/me/.1password/agent.sock",
      "/home/me/.bitwarden-ssh-agent.sock",
    ]);
  });

  it("is on Windows the one pipe", () => {
    expect(places({ platform: "win32" })).toEqual(["\\\\.\\pipe\\openssh-ssh-agent"]);
  });
});
