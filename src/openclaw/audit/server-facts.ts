import { foreign } from "../../base/text.js";
import { quoteForShell } from "../../interchange/writers/quote.js";
import type { RemoteHost } from "../../ssh/session.js";
import { runScript } from "../server/run-script.js";
import { readSshdFacts, type SshdFacts } from "./sshd-facts.js";

/** A port that a container publishes on the server. */
export interface PublishedPort {
  readonly container: string;
  /** `0.0.0.0`, `::`, or the address that it is bound to. */
  readonly host: string;
  readonly port: number;
  readonly containerPort: number;
  /** As `docker ps` has it. */
  readonly evidence: string;
}

/** What is around the gateway on the server. Null or empty: not there, or not to be seen by this account. */
export interface ServerFacts {
  readonly published: readonly PublishedPort[];
  /** Lines of `ufw status`, the first of which says whether it is active. */
  readonly ufw: readonly string[] | null;
  readonly sshd: SshdFacts;
  /** The folder of the gateway's configuration, as `ls -ld` has it: mode, owner, path. */
  readonly folder: { readonly mode: string; readonly owner: string; readonly path: string } | null;
  /** Lines of `tailscale serve status`; null where there is no tailscale to ask. */
  readonly serve: readonly string[] | null;
}

/** One command. Rejects with `exec-refused` or `exec-failed`; what of it cannot be seen is no failure. */
export async function lookAtServer(host: RemoteHost, configFile: string | null, signal: AbortSignal): Promise<ServerFacts> {
  return readServerFacts(await runScript(host, serverScript(configFile), signal));
}

/** Pure. What it prints, one letter before each line: `d` docker, `u` ufw, `w` tailscale serve, `m` the folder, `T` and `F` sshd. */
export function serverScript(configFile: string | null): string {
  const folder = configFile?.replace(/\/[^/]*$/, "") || null;
  return `
brief() { if command -v timeout >/dev/null 2>&1; then timeout 5 "$@"; else "$@"; fi; }
root() { if [ "$(id -u)" = 0 ]; then brief "$@"; else brief sudo -n "$@"; fi; }
if command -v docker >/dev/null 2>&1; then brief docker ps --format '{{.Names}} {{.Ports}}' 2>/dev/null | sed 's/^/d /'; fi
if command -v ufw >/dev/null 2>&1; then root ufw status 2>/dev/null | sed 's/^/u /'; fi
if command -v tailscale >/dev/null 2>&1; then echo w; brief tailscale serve status 2>/dev/null | sed 's/^/w /'; fi
${folder === null ? "" : `ls -ld ${quoteForShell(folder)} 2>/dev/null | awk '{ print "m " $1 " " $3 }' && echo ${quoteForShell(`M ${folder}`)}`}
if [ "$(id -u)" = 0 ] && effective=$(brief sshd -T 2>/dev/null); then
  printf '%s\\n' "$effective" | grep -E '^(passwordauthentication|permitrootlogin) ' | sed 's/^/T /'
else
  for file in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*; do
    [ -r "$file" ] || { [ ! -e "$file" ] || echo "F $file"; continue; }
    awk -v file="$file" '{ word = tolower($1); sub(/=.*/, "", word) }
      word == "match" { exit }
      word == "include" || word == "passwordauthentication" || word == "permitrootlogin" { print "F " file ":" FNR ": " $0 }' "$file"
  done
fi`;
}

/** Pure. */
export function readServerFacts(text: string): ServerFacts {
  const lines = text.split("\n");
  const of = (letter: string) => lines.filter((line) => line.startsWith(`${letter} `)).map((line) => line.slice(2));
  const [mode, owner] = of("m")[0]?.split(" ") ?? [];
  const path = of("M")[0];
  const ufw = of("u").filter((line) => line.trim() !== "");
  return {
    published: of("d").flatMap(readPublished),
    ufw: ufw.some((line) => line.startsWith("Status:")) ? ufw.map((line) => foreign(line.replaceAll(/\s+/g, " "))) : null,
    sshd: readSshdFacts(of("T"), of("F")),
    folder: mode !== undefined && owner !== undefined && path !== undefined ? { mode, owner, path } : null,
    serve: lines.includes("w") ? of("w").map(foreign) : null,
  };
}

/** `name 0.0.0.0:18789->18789/tcp, [::]:18789->18789/tcp, 9000/tcp`, where a port may be a range `18789-18790`. */
function readPublished(line: string): PublishedPort[] {
  const [container = "", ...rest] = line.split(" ");
  return rest.flatMap((word) => {
    const [, host, from, to, containerFrom] = /^(.+):(\d+)(?:-(\d+))?->(\d+)(?:-\d+)?\/tcp,?$/.exec(word) ?? [];
    if (host === undefined) return [];
    const count = Math.min(Number(to ?? from) - Number(from) + 1, 100);
    return Array.from({ length: Math.max(count, 1) }, (_, offset) => ({
      container,
      host: host.replaceAll(/[[\]]/g, ""),
      port: Number(from) + offset,
      containerPort: Number(containerFrom) + offset,
      evidence: foreign(`docker ps: ${container} ${word.replace(/,$/, "")}`),
    }));
  });
}
