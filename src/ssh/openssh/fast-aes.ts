import { readFileSync } from "node:fs";

let known: boolean | undefined;

/** Whether this machine's processor computes AES by itself, as all but small boards do. Where that is not told, it is taken for none. */
export function hasFastAes(): boolean {
  known ??= process.platform === "darwin" || saysAes("/proc/cpuinfo");
  return known;
}

/** x86 lists it among `flags`, ARM among `Features`. */
function saysAes(path: string): boolean {
  try {
    return /^(?:flags|Features)\s*:.*\baes\b/m.test(readFileSync(path, "latin1"));
  } catch {
    return false;
  }
}
