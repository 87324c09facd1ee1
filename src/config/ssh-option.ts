import { userProblem } from "./target.js";

/** One `-o` option: its key in lower case, as `ssh -G` prints keys, and its value without quotes around it. */
export interface SshOption {
  readonly key: string;
  readonly value: string;
}

/** Reads `Key=Value` or `Key Value`, as `ssh -o` does (ssh_config(5)). Undefined when it is neither. */
export function readSshOption(text: string): SshOption | undefined {
  const [, key = "", value = ""] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(\S.*?)\s*$/s.exec(text) ?? [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another option
  if (value === "" || /[\u0000-\u001f\u007f]/.test(value)) return undefined;
  return { key: key.toLowerCase(), value };
}

/** What is wrong with a `-o` option, as the end of a sentence. */
export function sshOptionProblem(text: string): string | undefined {
  const option = readSshOption(text);
  if (option === undefined) return "must be Key=Value, as ssh -o takes it";
  const problem = option.key === "user" ? userProblem(option.value.replace(/^"(.*)"$/, "$1")) : undefined;
  return problem && `names a user who ${problem}`;
}
