/** systemctl shows them in an order of its own, and leaves out those it does not know. */
export const shownProperties = [
  "LoadState",
  "LoadError",
  "ActiveState",
  "SubState",
  "Result",
  "ExecMainStatus",
  "MainPID",
  "NRestarts",
  "UnitFileState",
  "NeedDaemonReload",
] as const;

export type Shown = Readonly<Record<(typeof shownProperties)[number], string>>;

/** What `systemctl show -p` writes: `Key=value` on each line. */
export function readProperties(stdout: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    stdout.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}
