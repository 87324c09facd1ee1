import { Failure } from "../../base/failure.js";
import { foreign } from "../../base/text.js";
import type { RemoteHost } from "../../ssh/session.js";

/** What `echo` makes of these is written nowhere in the script: a forced command that repeats its input does not know it. */
const begin = { command: 'echo "clawtunnel $((6 * 7)) begin"', line: "clawtunnel 42 begin" };
const end = { command: 'echo "clawtunnel $((6 * 7)) end"', line: "clawtunnel 42 end" };

/**
 * Runs a script for POSIX sh on the server, in English and with the folders of system programs, and returns what it printed; what
 * the login shell says before is left out. The script must not read its standard input. Rejects with `exec-refused` when something
 * else ran in its place, and `exec-failed` when it did not come to its end.
 */
export async function runScript(host: RemoteHost, script: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await host.exec("sh -s", { input: wrap(script) }, signal);
  const lines = stdout.split(/\r?\n/);
  const [first, last] = [lines.indexOf(begin.line), lines.lastIndexOf(end.line)];
  const said = foreign(stderr) === "" ? `status ${exitCode ?? "unknown"}, no message` : foreign(stderr);
  if (first < 0) throw new Failure("exec-refused", `the server did not run what it was asked to: ${said}`);
  if (last < first) throw new Failure("exec-failed", `the look at the server ended before its time: ${said}`);
  return lines.slice(first + 1, last).join("\n");
}

/** Of what a script printed, the lines that begin with `prefix`, without it. Pure. */
export function linesBehind(prefix: string, text: string): string[] {
  const lines = text.split("\n").filter((line) => line.startsWith(prefix));
  return lines.map((line) => line.slice(prefix.length));
}

/** A compound command is read whole before it runs: what it starts cannot swallow the rest of the script. */
function wrap(script: string): string {
  return `LC_ALL=C; PATH="$PATH:/usr/local/bin:/usr/sbin:/sbin"; export LC_ALL PATH
{
${begin.command}
${script}
${end.command}
} </dev/null
`;
}
