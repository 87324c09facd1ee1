/** What `ssh -G -v` says on stderr, as far as it matters. */
export interface SshTalk {
  /** For instance `OpenSSH_9.2p1`; null where it was not said. */
  readonly version: string | null;
  /** The configuration files that it read, included ones too. */
  readonly files: readonly string[];
  /** It has run a program of a `Match exec`. */
  readonly hasRunPrograms: boolean;
  /** What is meant for people: why it does not take the configuration. */
  readonly complaint: string;
}

const complaintMax = 400;

export function readSshTalk(text: string): SshTalk {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const files = lines.flatMap((line) => /^debug1: Reading configuration data (.+)$/.exec(line)?.[1] ?? []);
  const complaints = lines.filter((line) => !/^(?:debug\d: |OpenSSH_|Pseudo-terminal will not be allocated)/.test(line));
  return {
    version: /^(OpenSSH_[^\s,]+)/m.exec(text)?.[1] ?? null,
    files: [...new Set(files)],
    hasRunPrograms: lines.some((line) => line.startsWith("debug1: Executing command:")),
    complaint: complaints.join("; ").slice(0, complaintMax),
  };
}
