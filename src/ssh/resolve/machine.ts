import { homedir, hostname, userInfo } from "node:os";

/** Who and where ssh runs, as its tokens and its `~` mean it. */
export interface Machine {
  /** As the system's list of users has it: ssh does not look at $HOME. */
  readonly home: string;
  readonly userName: string;
  readonly uid: number;
  readonly hostName: string;
  readonly env: NodeJS.ProcessEnv;
}

export function thisMachine(): Machine {
  try {
    const { homedir: home, username: userName, uid } = userInfo();
    return { home, userName, uid, hostName: hostname(), env: process.env };
  } catch {
    // A user without an entry in that list, as in many containers.
    return { home: homedir(), userName: process.env.USER ?? "", uid: process.getuid?.() ?? -1, hostName: hostname(), env: process.env };
  }
}
