export type SshProgram = "ssh" | "autossh";

/** Which of the two a program is, by its path or the first word of its command line. */
export function sshProgram(path: string | null | undefined): SshProgram | undefined {
  const name = path?.split(/[/\\]/).at(-1);
  return name === "ssh" || name === "autossh" ? name : undefined;
}

/** One thing that a command line says, in the order in which it is said: of two that contradict each other ssh takes the first. */
export type SshWord =
  | { readonly kind: "flag"; readonly letter: string }
  | { readonly kind: "option"; readonly letter: string; readonly value: string }
  | { readonly kind: "host"; readonly text: string }
  /** What is behind the host and is no option: run on the server. */
  | { readonly kind: "command"; readonly words: readonly string[] };

/** getopt(3) letters of OpenSSH 10 and autossh 1.4: those that stand alone, and those that take the rest of their word or the next one. */
const flagLetters = "1246aACfgGkKMnNqstTvVxXyY";
const optionLetters = "bBcDeEFiIJlLmoOpPQRSwW";

/** The words behind the program's name, told apart as ssh(1) does. A text says what is wrong with a line that ssh would refuse. */
export function readSshCommandLine(program: SshProgram, words: readonly string[]): readonly SshWord[] | string {
  const found: SshWord[] = [];
  const rest = [...words];
  let hasHost = false;
  let areOptionsOver = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--" && !areOptionsOver) {
      areOptionsOver = true;
    } else if (word.startsWith("-") && word !== "-" && !areOptionsOver) {
      const letters = readLetters(program, word.slice(1), rest);
      if (typeof letters === "string") return letters;
      found.push(...letters);
    } else if (hasHost) {
      found.push({ kind: "command", words: [word, ...rest.splice(0)] });
    } else {
      found.push({ kind: "host", text: word });
      hasHost = true;
    }
  }
  return found;
}

/** One word of options: letters that stand alone, and at most one that takes the rest of the word or the next one. */
function readLetters(program: SshProgram, letters: string, rest: string[]): SshWord[] | string {
  const found: SshWord[] = [];
  for (const [index, letter] of [...letters].entries()) {
    // -M is a port to autossh, which keeps it for itself, and a switch to ssh.
    const takesValue = optionLetters.includes(letter) || (letter === "M" && program === "autossh");
    if (!takesValue && !flagLetters.includes(letter)) return `${program} has no option -${letter}`;
    if (!takesValue) {
      found.push({ kind: "flag", letter });
      continue;
    }
    const value = letters.slice(index + 1) || rest.shift();
    return value === undefined ? `-${letter} needs a value` : [...found, { kind: "option", letter, value }];
  }
  return found;
}

/** Where `host`, `user@host` or `ssh://[user@]host[:port]` leads, as ssh reads it; undefined for what it refuses. */
export function readSshHost(text: string): { user: string | undefined; host: string; port: string | undefined } | undefined {
  const url = /^ssh:\/\/(?:([^@/]+)@)?(\[[^\]]+\]|[^:/@]+)(?::(\d+))?\/?$/.exec(text);
  if (text.includes("://") && url === null) return undefined;
  const at = text.lastIndexOf("@");
  const [user, host, port] = url === null ? [at < 0 ? undefined : text.slice(0, at), text.slice(at + 1), undefined] : url.slice(1);
  if (host === undefined || host === "" || user === "") return undefined;
  return { user, host: host.replace(/^\[|\]$/g, ""), port };
}
