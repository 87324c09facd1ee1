import { userProblem } from "./target.js";

/** One `-o` option. */
export interface SshOption {
  /** As it was written. */
  readonly keyword: string;
  /** The same in lower case, as `ssh -G` prints it. */
  readonly key: string;
  /** As it was written, quotes included. */
  readonly value: string;
}

/** Reads `Key=Value` or `Key Value`, as `ssh -o` does (ssh_config(5)). Undefined when it is neither. */
export function readSshOption(text: string): SshOption | undefined {
  const [, keyword = "", value = ""] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(\S.*?)\s*$/s.exec(text) ?? [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another option
  if (value === "" || /[\u0000-\u001f\u007f]/.test(value)) return undefined;
  return { keyword, key: keyword.toLowerCase(), value };
}

/** Words of ssh_config(5) with blanks between; quotes hold blanks together, and are taken off. */
export function splitSshWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

/** What is wrong with a `-o` option, as the end of a sentence. */
export function sshOptionProblem(text: string): string | undefined {
  const option = readSshOption(text);
  if (option === undefined) return "must be Key=Value, as ssh -o takes it";
  const problem = option.key === "user" ? userProblem(option.value.replace(/^"(.*)"$/, "$1")) : undefined;
  return problem && `names a user who ${problem}`;
}
