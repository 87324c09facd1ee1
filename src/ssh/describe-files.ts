import { stat } from "node:fs/promises";

/** A text that changes when one of these files or folders does. What is missing is a state, too. */
export async function describeFiles(paths: readonly string[]): Promise<string> {
  const described = [...new Set(paths)].map((path) =>
    stat(path).then(
      ({ ino, size, mtimeMs, mode }) => `${ino}:${size}:${mtimeMs}:${mode}`,
      () => "none",
    ),
  );
  return (await Promise.all(described)).join(" ");
}
