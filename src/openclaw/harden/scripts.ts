import { quoteForShell } from "../../interchange/writers/quote.js";
import { formatJournal, type Journal } from "./journal.js";

/**
 * What is done on the server, each as one script for `runScript`. Each may be done twice, and may die at any point of it; `# --` stands
 * where another state of the folder begins. The file only ever changes by a rename.
 *
 * Beside the file stands a folder, made by mkdir as the lock: `owner-ID` says whose it is, and whoever takes it over renames that, so
 * that a straggler of the one before does nothing any more. `beat` has the time of the last sign of life, `journal.json` the rest.
 */
function script(file: string, body: string): string {
  return `(
umask 077
say() { printf '%s\\n' "$*"; }
refuse() { say refused "$1"; exit; }
sum() {
  if command -v sha256sum >/dev/null 2>&1; then s=$(sha256sum < "$1")
  elif command -v shasum >/dev/null 2>&1; then s=$(shasum -a 256 < "$1")
  else s=$(openssl dgst -sha256 -r < "$1"); fi
  printf '%s\\n' "\${s%% *}"
}
encode() { if command -v base64 >/dev/null 2>&1; then base64; else openssl base64; fi | tr -d '\\n'; }
decode() {
  if [ "$(printf b2s= | base64 -d 2>/dev/null)" = ok ]; then base64 -d
  elif [ "$(printf b2s= | base64 -D 2>/dev/null)" = ok ]; then base64 -D
  else openssl base64 -d; fi
}
own() { [ -f "$J/owner-$ID" ] || refuse lost; date +%s > "$J/beat"; }
to_disk() { sync "$1" 2>/dev/null || sync; }
F=${quoteForShell(file)}
if [ -L "$F" ]; then F=$(readlink -f "$F") || refuse link; fi
J=$F.clawtunnel-harden
${body}
say ok
)`;
}

/** Looks at the file and at what stands beside it; writes nothing. */
export function lookScript(file: string): string {
  return script(
    file,
    `D=$(dirname "$F")
say file "$F"
say user "$(id -un)"
say epoch "$(date +%s)"
say stamp "$(date -u +%Y%m%dT%H%M%SZ)"
[ -f "$F" ] && say exists yes
[ -w "$F" ] && [ -w "$D" ] && [ -x "$D" ] && say writable yes
if [ "$(id -u)" = 0 ] || [ -O "$F" ]; then say keepable yes; fi
[ "$(printf ok | encode)" = b2s= ] && [ "$(printf b2s= | decode)" = ok ] && say base64 yes
if [ -r "$F" ]; then
  say sum "$(sum "$F")"
  say content "$(encode < "$F")"
fi
if [ -d "$J" ]; then
  say lock yes
  for o in "$J"/owner-*; do
    [ -f "$o" ] && say owner "\${o##*/owner-} $(encode < "$o")"
  done
  [ -f "$J/beat" ] && say beat "$(cat "$J/beat")"
  [ -f "$J/journal.json" ] && say journal "$(encode < "$J/journal.json")"
fi
for d in "$F".clawtunnel-done-*; do [ -d "$d" ] && say lock yes; done`,
  );
}

/**
 * Whether a process reads this very file (its environment tells, where that may be read), and whether the unit is truly what runs it:
 * a gateway that was started by hand is in the unit of whatever it was started from.
 */
export function runnerScript(file: string, pid: number, unit: Journal["unit"]): string {
  return script(
    file,
    `E=/proc/${pid}/environ
if [ -r "$E" ]; then
  of() { tr '\\000' '\\n' < "$E" | sed -n "s/^$1=//p" | head -n 1; }
  C=$(of OPENCLAW_CONFIG_PATH); S=$(of OPENCLAW_STATE_DIR); H=$(of OPENCLAW_HOME); P=$(of OPENCLAW_PROFILE)
  [ -n "$H" ] || H=$(of HOME)
  [ -n "$S" ] || S=$H/.openclaw\${P:+-$P}
  [ -n "$C" ] || C=$S/openclaw.json
  if [ "$C" -ef "$F" ]; then say reads this; elif [ -f "$C" ]; then say reads "$C"; fi
fi
${unit === null ? "" : `M=$(${systemctl(unit.scope)} show -p MainPID ${quoteForShell(unit.name)} 2>/dev/null | sed 's/^MainPID=//')`}
if [ -n "$M" ] && [ "$M" != 0 ]; then
  for p in ${pid} $(sed 's/.*) //' /proc/${pid}/stat | cut -d' ' -f2); do [ "$p" = "$M" ] && say unit yes; done
fi`,
  );
}

/** Makes the lock, the backup and, last, the journal. */
export function beginScript(id: string, by: string, journal: Journal): string {
  return script(
    journal.file,
    `ID=${id}
B=${quoteForShell(journal.backup)}
if ! mkdir "$J" 2>/dev/null && [ ! -f "$J/owner-$ID" ]; then
${withoutOwner}
  mkdir "$J" || refuse busy
fi
# --
rm -rf "$F".clawtunnel-done-*
if [ ! -f "$J/owner-$ID" ]; then
${receive(by, '"$J/owner.new"')}
# --
mv "$J/owner.new" "$J/owner-$ID" || refuse disk
fi
# --
own
[ "$(sum "$F")" = ${journal.before} ] || refuse changed
cp -p "$F" "$J/backup.new" && [ "$(sum "$J/backup.new")" = ${journal.before} ] || refuse disk
# --
to_disk "$J/backup.new"
mv "$J/backup.new" "$B" || refuse disk
# --
${writeJournal(journal)}`,
  );
}

/** Puts the new content in place of the old, if it is still that. */
export function changeScript(id: string, journal: Journal, text: string): string {
  return script(
    journal.file,
    `ID=${id}
own
N=$(sum "$F")
if [ "$N" != ${journal.after} ]; then
[ "$N" = ${journal.before} ] || refuse changed
cp -p "$F" "$J/new" || refuse disk
${receive(text, '"$J/new"')}
[ "$(sum "$J/new")" = ${journal.after} ] || refuse disk
# --
to_disk "$J/new"
own
[ "$(sum "$F")" = ${journal.before} ] || refuse changed
mv -f "$J/new" "$F" || refuse disk
# --
sync
fi`,
  );
}

/** Takes the journal over from whoever had it, with what it says from now on. */
export function takeScript(from: string, id: string, by: string, journal: Journal): string {
  return script(
    journal.file,
    `ID=${id}
[ -f "$J/owner-$ID" ] || mv "$J/owner-${from}" "$J/owner-$ID" 2>/dev/null || refuse lost
# --
own
${receive(by, '"$J/owner-$ID"')}
${writeJournal(journal)}`,
  );
}

/** Puts the backup back in place of a file whose checksum is `now`. What is neither ours nor the old one is kept beside it. */
export function restoreScript(id: string, journal: Journal, now: string, stamp: string): string {
  return script(
    journal.file,
    `ID=${id}
B=${quoteForShell(journal.backup)}
own
N=$(sum "$F")
if [ "$N" != ${journal.before} ]; then
[ "$N" = ${now} ] || refuse changed
cp -p "$B" "$J/old" && [ "$(sum "$J/old")" = ${journal.before} ] || refuse disk
[ "$N" = ${journal.after} ] || cp -p "$F" "$F.clawtunnel-replaced-${stamp}" || refuse disk
# --
to_disk "$J/old"
own
mv -f "$J/old" "$F" || refuse disk
# --
sync
fi`,
  );
}

/**
 * Nothing is under way any more; `from` is who had it, if that is somebody else. A backup that is the very file as it stands is of no
 * use to anybody.
 */
export function endScript(file: string, id: string, backup: string | null, from = id): string {
  return script(
    file,
    `ID=${id}
${withoutOwner}
if [ -d "$J" ]; then
[ -f "$J/owner-$ID" ] || mv "$J/owner-${from}" "$J/owner-$ID" 2>/dev/null || refuse lost
own
${backup === null ? "" : dropBackup(backup)}
# --
mv "$J" "$F.clawtunnel-done-$ID" || refuse disk
fi
# --
rm -rf "$F".clawtunnel-done-*`,
  );
}

export function beatScript(file: string, id: string): string {
  return script(file, `ID=${id}\nown`);
}

export function restartScript(file: string, { name, scope }: NonNullable<Journal["unit"]>): string {
  return script(file, `${scope === "system" ? asRoot : ""}${systemctl(scope)} restart ${quoteForShell(name)} || refuse restart`);
}

/** Who died before it said whose the folder is, has done nothing else. */
const withoutOwner = `if [ -d "$J" ] && ! ls "$J" | grep -q -e '^owner-' -e '^journal.json$'; then rm -f "$J"/*.new; rmdir "$J"; fi`;

function dropBackup(backup: string): string {
  const file = quoteForShell(backup);
  return `if [ -f ${file} ] && [ "$(sum ${file})" = "$(sum "$F")" ]; then rm -f ${file}; fi
[ -f ${file} ] && say backup kept`;
}

const asRoot = 'if [ "$(id -u)" = 0 ]; then S=; else S="sudo -n"; fi\n$S ';

function systemctl(scope: "user" | "system"): string {
  return scope === "system" ? "systemctl" : `env XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}" systemctl --user`;
}

function writeJournal(journal: Journal): string {
  return `${receive(formatJournal(journal), '"$J/journal.new"')}
# --
to_disk "$J/journal.new"
mv -f "$J/journal.new" "$J/journal.json" || refuse disk`;
}

/** A text in base64, in lines that every decoder takes: it may hold what no quotes would. */
function receive(text: string, to: string): string {
  const lines =
    Buffer.from(text, "utf8")
      .toString("base64")
      .match(/.{1,76}/g) ?? [];
  return `decode > ${to} <<'clawtunnel-end' || refuse disk\n${lines.join("\n")}\nclawtunnel-end`;
}
