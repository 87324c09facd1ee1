/** A job as `launchctl print` shows it: words that Apple calls no interface, so only those are read that have stayed the same. */
export interface PrintedJob {
  /** `running`, `not running`, `spawn scheduled`, `SIGTERMed`. */
  readonly state: string | null;
  readonly pid: number | null;
  /** `0`, `(never exited)`, `78: EX_CONFIG`; a signal stands in its place: `Killed: 9`. */
  readonly lastExit: string | null;
}

/** Fields of the job itself stand behind one tab; what is nested deeper has a `state` of its own. */
export function readPrint(text: string): PrintedJob {
  const field = (name: string) => new RegExp(`^(?:\\t| {1,4})?${name} = (.*?)\\s*$`, "m").exec(text)?.[1] ?? null;
  const pid = field("pid");
  return {
    state: field("state"),
    pid: pid !== null && /^[1-9]\d*$/.test(pid) ? Number(pid) : null,
    lastExit: field("last terminating signal") ?? field("last exit code"),
  };
}

/** Whether `launchctl print-disabled` says that the label may not be loaded. Up to macOS 12 the word was `true`. */
export function isDisabled(text: string, label: string): boolean {
  return text.split("\n").some((line) => {
    const [, name, word] = /^\s*"(.*)" => (\w+)\s*$/.exec(line) ?? [];
    return name === label && (word === "disabled" || word === "true");
  });
}
