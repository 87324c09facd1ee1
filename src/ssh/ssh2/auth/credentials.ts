/** A key that can be offered to a server, wherever its private half is. `blob` is the SSH wire form of the public half. */
export type Credential =
  | { readonly source: "file"; readonly path: string; readonly blob: Buffer }
  /** Encrypted, so that a passphrase is needed; without `blob` even to tell the server which key it is. */
  | { readonly source: "locked-file"; readonly path: string; readonly blob: Buffer | undefined }
  | { readonly source: "agent"; readonly comment: string; readonly blob: Buffer };

/** A key file that was looked at. `public`: its private half must be in the agent. */
export type IdentityFile =
  | { readonly path: string; readonly state: "usable"; readonly blob: Buffer }
  | { readonly path: string; readonly state: "locked"; readonly blob: Buffer | undefined }
  | { readonly path: string; readonly state: "public"; readonly blob: Buffer };

export interface KeySources<AgentKey extends Credential & { source: "agent" }> {
  /** Files that the user named. */
  readonly named: readonly IdentityFile[];
  readonly agent: readonly AgentKey[];
  /** Files that ssh tries of itself. */
  readonly defaults: readonly IdentityFile[];
  /** IdentitiesOnly: of the agent's keys only those that a file names. */
  readonly identitiesOnly: boolean;
}

/**
 * The order in which keys are offered, each once: named files first (by the agent where it holds them), then the agent's other
 * keys, then the default files. Each wrong key is one of the server's few tries, so what the user named comes first; but
 * what needs a passphrase comes last, as in ssh: nobody is asked as long as another key will do.
 */
export function orderCredentials({ named, agent, defaults, identitiesOnly }: KeySources<Credential & { source: "agent" }>): Credential[] {
  const fromFile = (file: IdentityFile): Credential[] => {
    const agentKey = agent.find(({ blob }) => file.blob?.equals(blob));
    if (agentKey !== undefined) return [agentKey];
    const { path, blob } = file;
    if (file.state === "usable") return [{ source: "file", path, blob: file.blob }];
    return file.state === "locked" ? [{ source: "locked-file", path, blob }] : [];
  };
  const all = [...named.flatMap(fromFile), ...(identitiesOnly ? [] : agent), ...defaults.flatMap(fromFile)];
  const ordered = [...all.filter(({ source }) => source !== "locked-file"), ...all.filter(({ source }) => source === "locked-file")];
  return ordered.filter(({ blob }, index) => blob === undefined || ordered.findIndex((other) => other.blob?.equals(blob)) === index);
}

export function describeCredential(credential: Credential): string {
  return credential.source === "agent" ? `${credential.comment || "a key"} (agent)` : credential.path;
}
