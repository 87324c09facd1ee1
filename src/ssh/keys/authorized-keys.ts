import { Failure } from "../../base/failure.js";
import { singleQuoted } from "../../base/single-quoted.js";
import { foreign } from "../../base/text.js";
import type { RemoteHost } from "../session.js";

const marker = "clawtunnel-authorized-keys";

/**
 * Puts `lines` into the account's authorized_keys, in place of those that have the key `blob` (base64). The file is replaced whole,
 * with the mode that it had; a symbolic link to it stays one. Returns the lines that were taken out, to be put back if need be. Rejects with
 * `exec-failed`, or as exec does.
 */
export async function rewriteAuthorizedKeys(
  host: RemoteHost,
  blob: string,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await host.exec("sh -s", { input: script(blob, lines) }, signal);
  const [head, ...taken] = stdout.split("\n").filter((line) => line !== "");
  if (head === marker && exitCode === 0) return taken;
  // A command that the key's own line forces may succeed or fail, and says nothing of ours.
  if (head !== marker) throw new Failure("exec-refused", "the server runs no commands for this key");
  throw new Failure("exec-failed", `authorized_keys could not be written on the server: ${foreign(stderr) || `exit code ${exitCode}`}`);
}

/** For any POSIX shell, which begins only when it has read all of it: half a script that a broken line lets through does nothing. What is written is there before it is moved into place: a reader, sshd above all, sees the old file or the new. */
function script(blob: string, lines: readonly string[]): string {
  return `main() {
echo ${marker}
set -eu
umask 077
folder=$HOME/.ssh
file=$folder/authorized_keys
if [ ! -d "$folder" ]; then mkdir "$folder"; fi
if [ -L "$file" ]; then file=$(readlink -f "$file"); fi
draft=$file.clawtunnel.$$
trap 'rm -f "$draft"' EXIT
if [ -e "$file" ]; then cp -p "$file" "$draft"; else : > "$draft"; file_is_new=1; fi
taken=
{
  if [ -z "\${file_is_new-}" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        '#'*) printf '%s\\n' "$line" ;;
        *' ${blob}'*) taken=$taken$line'
' ;;
        *) printf '%s\\n' "$line" ;;
      esac
    done < "$file"
  fi
${lines.map((line) => `  printf '%s\\n' ${singleQuoted(line)}`).join("\n")}
} > "$draft"
chmod go-w "$draft"
mv "$draft" "$file"
printf '%s' "$taken"
}
main
`;
}
