import { quoteForShell } from "../../interchange/writers/quote.js";
import type { Journal } from "./journal.js";
import { script } from "./script-frame.js";

/**
 * Whether a process reads this very file (its environment tells, where that may be read), and whether the unit is truly what runs it:
 * a gateway that was started by hand is in the unit of whatever it was started from.
 */
export function runnerScript(file: string, pid: number, unit: Journal["unit"]): string {
  return script(
    file,
    `E=/proc/${pid}/environ
if [ -r "$E" ]; then
  C= S= H= P= L=
  while IFS= read -r v; do
    case $v in
    OPENCLAW_CONFIG_PATH=*) C=\${v#*=} ;;
    OPENCLAW_STATE_DIR=*) S=\${v#*=} ;;
    OPENCLAW_HOME=*) H=\${v#*=} ;;
    OPENCLAW_PROFILE=*) P=\${v#*=} ;;
    HOME=*) L=\${v#*=} ;;
    esac
  done <<clawtunnel-end
$(tr '\\000' '\\n' < "$E")
clawtunnel-end
  [ -n "$H" ] || H=$L
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

/** A command leaves a gateway behind: with the surroundings of a log-in, and with nothing in its hands that would keep the session open. */
export function restartScript({ file, unit, restart }: Journal): string {
  if (restart !== null) {
    return script(file, `(umask "$U"; unset LC_ALL; exec sh -c ${quoteForShell(restart)}) >/dev/null 2>&1 || refuse command`);
  }
  if (unit === null) return script(file, "refuse restart");
  const { name, scope } = unit;
  return script(file, `${scope === "system" ? asRoot : ""}${systemctl(scope)} restart ${quoteForShell(name)} || refuse restart`);
}

const asRoot = 'if [ "$(id -u)" = 0 ]; then S=; else S="sudo -n"; fi\n$S ';

function systemctl(scope: "user" | "system"): string {
  return scope === "system" ? "systemctl" : `env XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}" systemctl --user`;
}
