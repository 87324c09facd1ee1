/** A key that can be offered to a server, wherever its private half is. `blob` is the SSH wire form of the public half. */
export type Credential =
  | { readonly source: "file"; readonly path: string; readonly blob: Buffer }
  | { readonly source: "agent"; readonly comment: string; readonly blob: Buffer };

/** A key file that was looked at. `locked`: encrypted, so only an agent can use it; `blob` is then its `.pub`, when there is one. */
export type IdentityFile =
  | { readonly path: string; readonly state: "usable"; readonly blob: Buffer }
  | { readonly path: string; readonly state: "locked"; readonly blob: Buffer | undefined };

/**
 * The order in which keys are offered, each once: named files first (by the agent where it holds them), then the agent's
 * other keys, then the default files. Each wrong key is one of the server's few tries, so what the user named comes first.
 */
export function orderCredentials(
  named: readonly IdentityFile[],
  agent: readonly (Credential & { source: "agent" })[],
  defaults: readonly IdentityFile[],
): Credential[] {
  const inAgent = (blob: Buffer | undefined) => agent.find((credential) => blob?.equals(credential.blob));
  const fromFile = (file: IdentityFile): Credential[] => {
    const agentKey = inAgent(file.blob);
    if (agentKey !== undefined) return [agentKey];
    return file.state === "usable" ? [{ source: "file", path: file.path, blob: file.blob }] : [];
  };
  const ordered = [...named.flatMap(fromFile), ...agent, ...defaults.flatMap(fromFile)];
  return ordered.filter((credential, index) => ordered.findIndex((other) => other.blob.equals(credential.blob)) === index);
}

export function describeCredential(credential: Credential): string {
  return credential.source === "file" ? credential.path : `${credential.comment || "a key"} (agent)`;
}
