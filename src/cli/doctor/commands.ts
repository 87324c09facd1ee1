import { quoteForShell } from "../../interchange/writers/quote.js";

/** What a person types on this machine, in the words of its system. Pure. */
export interface Commands {
  quote(word: string): string;
  whoListens(port: number): string;
  endProcess(pid: number): string;
  resolveName(host: string): string;
  tryPort(host: string, port: string): string;
  /** Mends the mode of a private key. */
  closeKey(path: string): string;
  startAgent(): string;
  /** Puts the public half of a key onto the server. */
  copyKey(path: string, sshWords: string): string;
}

export function commandsFor(platform: NodeJS.Platform): Commands {
  if (platform === "win32") return windows;
  return platform === "darwin" ? { ...posix, ...mac } : posix;
}

const posix: Commands = {
  quote: quoteForShell,
  whoListens: (port) => `ss -ltnp 'sport = :${port}'`,
  endProcess: (pid) => `kill ${pid}`,
  resolveName: (host) => `getent hosts ${quoteForShell(host)}`,
  tryPort: (host, port) => `nc -vz ${quoteForShell(host)} ${port}`,
  closeKey: (path) => `chmod 600 ${quoteForShell(path)}`,
  startAgent: () => 'eval "$(ssh-agent)"',
  copyKey: (path, words) => `ssh-copy-id -i ${quoteForShell(`${path}.pub`)} ${words}`,
};

const mac: Pick<Commands, "whoListens" | "resolveName"> = {
  whoListens: (port) => `lsof -nP -iTCP:${port} -sTCP:LISTEN`,
  resolveName: (host) => `dscacheutil -q host -a name ${quoteForShell(host)}`,
};

/** For PowerShell, in which single quotes hold and two of them are one. */
const quoteForPowerShell = (word: string): string => (/^[A-Za-z0-9_@.:/\\-]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`);

const windows: Commands = {
  quote: quoteForPowerShell,
  whoListens: (port) => `Get-NetTCPConnection -State Listen -LocalPort ${port} | ForEach-Object { Get-Process -Id $_.OwningProcess }`,
  endProcess: (pid) => `Stop-Process -Id ${pid}`,
  resolveName: (host) => `Resolve-DnsName ${quoteForPowerShell(host)}`,
  tryPort: (host, port) => `Test-NetConnection ${quoteForPowerShell(host)} -Port ${port}`,
  closeKey: (path) => `icacls ${quoteForPowerShell(path)} /inheritance:r /grant:r "$($env:USERNAME):F"`,
  startAgent: () => "Set-Service ssh-agent -StartupType Automatic; Start-Service ssh-agent",
  copyKey: (path, words) => `Get-Content ${quoteForPowerShell(`${path}.pub`)} | ssh ${words} "cat >> .ssh/authorized_keys"`,
};
