/** A process on the server. Its words may hold secrets. */
export interface ServerProcess {
  readonly pid: number;
  readonly user: string | null;
  readonly argv: readonly string[];
}

/**
 * A shell function that prints one process as a line `p PID USER ARGV`, with the unit separator between the words of ARGV where the
 * kernel tells them apart (proc(5)), or spaces as ps(1) has them.
 */
export const shellProcess = `process() {
  if [ -r "/proc/$1/status" ]; then
    uid=$(awk '/^Uid:/ { print $2 }' "/proc/$1/status" 2>/dev/null)
    user=$(getent passwd "$uid" 2>/dev/null || grep "^[^:]*:[^:]*:$uid:" /etc/passwd 2>/dev/null)
    user=\${user%%:*}
    printf 'p %s %s ' "$1" "\${user:-$uid}"
    tr '\\000\\n' '\\037 ' <"/proc/$1/cmdline" 2>/dev/null
    echo
  else
    found=$(ps -ww -o user= -o args= -p "$1" 2>/dev/null) && [ -n "$found" ] && printf 'p %s %s\\n' "$1" "$found"
  fi
}`;

const unitSeparator = "\u001f";

/** What `process` printed, without the letter before each line. Pure. */
export function readProcesses(lines: readonly string[]): ServerProcess[] {
  return lines.flatMap((line) => {
    const [, pid, user = "", words = ""] = /^(\d+) (\S*) *(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    return [{ pid: Number(pid), user: user || null, argv: splitWords(words) }];
  });
}

function splitWords(text: string): string[] {
  if (!text.includes(unitSeparator)) return text.trim().split(/\s+/);
  const words = text.split(unitSeparator);
  // The kernel ends each word with a NUL, and pads a title that is shorter than what it was written over.
  while (words.length > 1 && words.at(-1) === "") words.pop();
  return words;
}
