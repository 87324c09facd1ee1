import { quoteForShell } from "../../interchange/writers/quote.js";
import { formatJournal, type Journal } from "./journal.js";
import { script } from "./script-frame.js";

/** Looks at the file and at what stands beside it; writes nothing. */
export function lookScript(file: string): string {
  return script(
    file,
    `say file "$F"
say user "$(id -un)"
date -u '+epoch %s%nstamp %Y%m%dT%H%M%SZ'
[ -f "$F" ] && say exists yes
[ -w "$F" ] && [ -w "$D" ] && [ -x "$D" ] && say writable yes
if [ -O "$F" ] || [ "$(id -u)" = 0 ]; then say keepable yes; fi
[ "$(printf ok | encode | decode)" = ok ] && say base64 yes
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
  [ -O "$J/journal.json" ] && say own-journal yes
fi
for d in "$F".clawtunnel-done-*; do [ -d "$d" ] && say lock yes; done`,
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
to_disk "$D"
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
to_disk "$D"
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

/** Who died before it said whose the folder is, has done nothing else. */
const withoutOwner = `if [ -d "$J" ] && ! ls "$J" | grep -q -e '^owner-' -e '^journal.json$'; then rm -f "$J"/*.new; rmdir "$J"; fi`;

function dropBackup(backup: string): string {
  const file = quoteForShell(backup);
  return `if [ -f ${file} ] && [ "$(sum ${file})" = "$(sum "$F")" ]; then rm -f ${file}; fi
[ -f ${file} ] && say backup kept`;
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
