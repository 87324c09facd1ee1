/** Major and minor of an OpenSSH. */
export interface OpensshVersion {
  readonly major: number;
  readonly minor: number;
}

/** Reads what ssh calls itself: `OpenSSH_9.2p1 Debian-2, …`, or `OpenSSH_for_Windows_9.5p1, …`. */
export function readOpensshVersion(text: string): OpensshVersion | undefined {
  const [, major, minor] = /\bOpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

export function isAtLeast({ major, minor }: OpensshVersion, wantedMajor: number, wantedMinor: number): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
