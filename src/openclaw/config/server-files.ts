import { Failure } from "../../base/failure.js";
import { quoteForShell } from "../../interchange/writers/quote.js";
import type { RemoteHost } from "../../ssh/session.js";
import { runScript } from "../server/run-script.js";

/** A file on the server. */
export interface ServerFile {
  /** With links followed. */
  readonly realPath: string;
  /** The permission bits, as chmod has them. */
  readonly mode: number;
  readonly owner: string;
  readonly contents: Buffer;
}

/** `denied`: the account may not read it, or may not look into a folder on the way. */
export type ServerPath = { readonly state: "missing" | "denied" } | { readonly state: "read"; readonly file: ServerFile };

/** Reads files on the server as the account of the log-in: an answer for each path, in their order. One command. The paths are absolute. */
export async function readServerFiles(host: RemoteHost, paths: readonly string[], signal: AbortSignal): Promise<ServerPath[]> {
  if (paths.length === 0) return [];
  const output = await runScript(host, `${script}\nfor path in ${paths.map(quoteForShell).join(" ")}; do show; done`, signal);
  const blocks = output.split(/^path$/m).slice(1);
  return paths.map((path, index) => readBlock(path, blocks[index] ?? ""));
}

/**
 * `ls -l` and not stat(1), whose options every system has for itself. Base64 is not in POSIX, od is. A path that is not there is
 * told from one that may not be seen by the nearest folder that is.
 */
const script = `
show() {
  echo path
  if [ ! -e "$path" ]; then
    folder=$(dirname -- "$path")
    while [ ! -e "$folder" ]; do folder=$(dirname -- "$folder"); done
    if [ ! -d "$folder" ] || [ -x "$folder" ]; then echo missing; else echo denied; fi
    return
  fi
  if [ ! -f "$path" ] || [ ! -r "$path" ]; then echo denied; return; fi
  echo read
  readlink -f -- "$path" 2>/dev/null || echo "$path"
  ls -ldL -- "$path"
  if command -v base64 >/dev/null; then echo base64; base64 <"$path"; else echo hex; od -An -v -tx1 <"$path"; fi
}`;

function readBlock(path: string, block: string): ServerPath {
  const [, state, realPath = path, listed = "", encoding, ...encoded] = block.split("\n");
  if (state === "missing" || state === "denied") return { state };
  const [, letters, owner] = /^.(\S{9})\S*\s+\d+\s+(\S+)/.exec(listed) ?? [];
  if (state !== "read" || letters === undefined || owner === undefined)
    throw new Failure("exec-failed", `the server's answer about ${path} was not understood`);
  const contents = Buffer.from(encoded.join("").replaceAll(/\s/g, ""), encoding === "hex" ? "hex" : "base64");
  return { state, file: { realPath, mode: modeOf(letters), owner, contents } };
}

/** `rw-r--r--` as 0o644. A small letter `s` or `t` is an x with more; the rest that more stands for is left out. */
function modeOf(letters: string): number {
  return [...letters].reduce((mode, letter) => mode * 2 + (/[rwxst]/.test(letter) ? 1 : 0), 0);
}
