import { Failure } from "../../base/failure.js";
import type { ServiceFacts } from "../facts.js";
import { serviceCommand } from "../program/daemon-command.js";

/** What Vixie's cron, Debian's among them, takes for a command. Its crontab refuses a longer one; others of that family cut it off. */
const commandMaxBytes = 998;

/** How our line is found again. A comment to the shell that runs it; cron itself knows none behind a command. */
export function markOf({ instance }: ServiceFacts): string {
  return `# by clawtunnel install${instance === null ? "" : ` (${instance})`}`;
}

/**
 * The `@reboot` line. `isPathCut`: the PATH of the installation was too long for it, and only the usual folders are left of it. Throws
 * `service-unavailable` where a crontab cannot hold it.
 */
export function crontabLine(facts: ServiceFacts): { readonly line: string; readonly isPathCut: boolean } {
  const whole = command(facts, facts.searchPath);
  if (isShort(whole)) return { line: `@reboot ${whole}`, isPathCut: false };
  const cut = command(facts, usualPath);
  if (isShort(cut)) return { line: `@reboot ${cut}`, isPathCut: true };
  throw new Failure("service-unavailable", `cron takes ${commandMaxBytes} bytes for a command; clawtunnel's has ${Buffer.byteLength(cut)}`);
}

const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function isShort(text: string): boolean {
  return Buffer.byteLength(text) <= commandMaxBytes;
}

/** `env` and not assignments, and single quotes alone: a crontab may name another shell than sh. Its output has a log file of its own. */
function command(facts: ServiceFacts, searchPath: string): string {
  const variables = { CLAWTUNNEL_SERVICE: "cron", PATH: searchPath, ...facts.env };
  const words = [...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...serviceCommand(facts.program)];
  return `exec /usr/bin/env ${words.map(cronWord).join(" ")} >/dev/null 2>&1 ${markOf(facts)}`;
}

/**
 * One word for the shell, written so that every cron passes it on unharmed. `%` is a line's end to most of them unless a backslash is
 * before it, which some take away and others leave: outside of quotes both come to the same. Some turn two backslashes into one: between
 * ours are always quotes.
 */
export function cronWord(text: string): string {
  if (/\p{Cc}/u.test(text)) throw new Failure("service-unavailable", `a crontab cannot hold control characters: ${text}`);
  return `'${text
    .replace(/'/g, "'\\''")
    .replace(/%/g, "'\\%'")
    .replace(/\\(?=\\)/g, "\\''")}'`;
}
