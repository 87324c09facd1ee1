import { join } from "node:path";

export interface AgentPlaces {
  /** SSH_AUTH_SOCK of whoever asked last. */
  readonly asked: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** In the runtime folder: OpenSSH's own socket unit, Debian's and Arch's, GNOME's two, GnuPG's. */
const runtimeNames = ["ssh-agent.socket", "openssh_agent", "gcr/ssh", "keyring/ssh", "gnupg/S.gpg-agent.ssh"];
/** Where 1Password and Bitwarden say that theirs are. */
const homeNames = [".1password/agent.sock", ".bitwarden-ssh-agent.sock"];
const macNames = ["Library/Group Containers/2BUA8C4S2C.com.1password/t/agent.sock"];
const windowsPipe = "\\\\.\\pipe\\openssh-ssh-agent";

/**
 * Where an agent may be, in the order in which they are asked: the variable first, as ssh does, then the usual places, because a
 * service has no variable. Pure.
 */
export function agentCandidates({ asked, env, home, platform }: AgentPlaces): string[] {
  const named = [asked, env.SSH_AUTH_SOCK].filter((path) => path !== undefined && path !== "") as string[];
  const runtime = env.XDG_RUNTIME_DIR ? runtimeNames.map((name) => join(env.XDG_RUNTIME_DIR ?? "", name)) : [];
  const own = [...homeNames, ...(platform === "darwin" ? macNames : [])].map((name) => join(home, name));
  return [...new Set([...named, ...(platform === "win32" ? [windowsPipe] : [...runtime, ...own])])];
}
