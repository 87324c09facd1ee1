/** One `Key=value` of a unit file, in its order. */
export interface UnitSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Reads systemd.syntax(7): sections, comments, and lines that go on behind a backslash, also over comments. Lines of no kind are `stray`. */
export function readUnitFile(text: string): { readonly settings: readonly UnitSetting[]; readonly stray: readonly string[] } {
  const settings: UnitSetting[] = [];
  const stray: string[] = [];
  let section = "";
  let begun: { text: string; line: number } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*[#;]/.test(line)) continue;
    const isContinued = line.endsWith("\\");
    const part = isContinued ? `${line.slice(0, -1)} ` : line;
    begun = begun === undefined ? { text: part, line: index + 1 } : { ...begun, text: begun.text + part };
    if (isContinued) continue;
    const whole = begun.text.trim();
    const header = /^\[([^\]]+)\]$/.exec(whole)?.[1];
    const [, key, value] = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/s.exec(whole) ?? [];
    if (header !== undefined) section = header;
    else if (key !== undefined && value !== undefined) settings.push({ section, key, value, line: begun.line });
    else if (whole !== "") stray.push(whole);
    begun = undefined;
  }
  return { settings, stray };
}
