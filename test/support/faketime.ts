import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where Debian, and others alike, put the variant for programs with threads. */
export function findFaketime(): string | undefined {
  const folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib", ...foldersIn("/usr/lib")];
  return folders.map((folder) => join(folder, "faketime/libfaketimeMT.so.1")).find(existsSync);
}

/** A wall clock that can be set while programs run with it; their monotonic and boot clocks stay as they are. */
export interface FakeClock {
  /** For those who shall live by it. */
  readonly env: NodeJS.ProcessEnv;
  /** Sets it so far from the real time. */
  set(offsetMs: number): void;
}

export function makeFakeClock(dir: string): FakeClock {
  const path = join(dir, "faketime");
  const set = (offsetMs: number) => {
    writeFileSync(`${path}.new`, `${offsetMs < 0 ? "-" : "+"}${Math.abs(offsetMs) / 1000}s\n`);
    renameSync(`${path}.new`, path);
  };
  set(0);
  return {
    env: {
      LD_PRELOAD: findFaketime(),
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set,
  };
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(path, entry.name)] : []));
}
