import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a test started, taken down in reverse order: `afterEach(cleanups.run)`. */
export class Cleanups {
  readonly #list: (() => unknown)[] = [];

  add(cleanup: () => unknown): void {
    this.#list.push(cleanup);
  }

  /** A folder of the test's own, short enough for a unix socket in it. */
  folder(): string {
    const path = mkdtempSync(join(tmpdir(), "clawtunnel-test-"));
    this.add(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  readonly run = async (): Promise<void> => {
    for (const cleanup of this.#list.splice(0).reverse()) await cleanup();
  };
}
