/** What `ssh -G` says: each keyword of ssh_config(5) in lower case, with its values in the order in which they hold. */
export type SshDump = ReadonlyMap<string, readonly string[]>;

/** Reads what `ssh -G` prints: a keyword and its value a line. */
export function readSshDump(text: string): SshDump {
  const values = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, keyword = "", value = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    if (keyword === "") continue;
    const key = keyword.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}
