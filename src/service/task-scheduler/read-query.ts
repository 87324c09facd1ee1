/** The security identifier in the answer of `whoami /user /fo csv /nh`. */
export function readSid(stdout: string): string | null {
  return /"(S-1-[\d-]+)"/.exec(stdout)?.[1] ?? null;
}
