import { userInfo } from "node:os";

/** A listening socket as the system lists it; whose it is costs more to find out. */
export interface Listener {
  readonly address: string;
  readonly findProcess: () => Promise<ListeningProcess | undefined>;
}

/** The process that listens, or its parent. */
export interface ListeningProcess {
  readonly pid: number;
  readonly argv: string[];
  /** The name of the program's file, which no process can choose for itself as it can its argv; null where it may not be seen. */
  readonly executable: string | null;
  readonly user: string | null;
}

/** userInfo throws for a user without an account entry, as in many containers. */
export function ownUserName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
