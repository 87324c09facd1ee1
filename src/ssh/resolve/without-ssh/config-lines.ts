import SSHConfig from "ssh-config";

/** One line of ssh_config(5) that says something. */
export interface ConfigLine {
  /** 1-based. */
  readonly line: number;
  /** In lower case. */
  readonly keyword: string;
  /** Without the quotes around them. */
  readonly words: readonly string[];
  /** As it is written behind the keyword: commands are taken whole. */
  readonly rest: string;
}

export interface BadLine {
  readonly line: number;
  readonly problem: string;
}

/** Keywords whose value is one word; ssh-config gives it whole, and quotes in its middle are left to us. */
const wordPattern = /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/g;

/** Each line by itself, so that one which is wrong is known by its number. */
export function readConfigLines(text: string): (ConfigLine | BadLine)[] {
  return text.split(/\r?\n/).flatMap((written, index): (ConfigLine | BadLine)[] => {
    const line = index + 1;
    if (/^\s*(?:#|$)/.test(written)) return [];
    try {
      const [parsed] = SSHConfig.parse(written.trim());
      if (parsed === undefined || !("param" in parsed) || parsed.param === "") return [];
      const rest = written
        .trim()
        .slice(parsed.param.length)
        .replace(/^\s*=?\s*/, "");
      const words = typeof parsed.value === "string" ? wordsOf(parsed.value, parsed.quoted ?? false) : parsed.value.map(({ val }) => val);
      if (rest === "") return [{ line, problem: `${parsed.param} has no value` }];
      return [{ line, keyword: parsed.param.toLowerCase(), words, rest }];
    } catch {
      return [{ line, problem: `"${written.trim()}" cannot be read` }];
    }
  });
}

function wordsOf(value: string, isQuoted: boolean): string[] {
  if (isQuoted) return [value];
  const words: string[] = [];
  for (const part of value.split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    words.push(part.replace(wordPattern, (_, double?: string, single?: string, bare?: string) => double ?? single ?? bare ?? ""));
  }
  return words;
}
