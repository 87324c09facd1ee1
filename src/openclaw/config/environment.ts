import { readUnitFile } from "../../interchange/services/unit-file.js";
import { expandSpecifiers, splitUnitWords } from "../../interchange/services/unit-words.js";
import { quoteForShell } from "../../interchange/writers/quote.js";
import type { RemoteHost } from "../../ssh/session.js";
import { linesBehind, runScript } from "../server/run-script.js";

/** The variables by which a gateway finds its configuration and its port. */
const names = ["HOME", "OPENCLAW_HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "OPENCLAW_GATEWAY_PORT"] as const;

export type GatewayEnvironment = Readonly<Partial<Record<(typeof names)[number], string>>>;

/**
 * The environment that the gateway of a profile has as a systemd service, or would have if the account of the log-in started it: what
 * its unit says goes before what a log-in has. One command; of other variables nothing leaves the server but what stands in the unit.
 */
export async function readGatewayEnvironment(host: RemoteHost, profile: string | null, signal: AbortSignal): Promise<GatewayEnvironment> {
  const unit = profile === null ? "openclaw-gateway.service" : `openclaw-gateway-${profile}.service`;
  return parseSurvey(await runScript(host, `unit=${quoteForShell(unit)}\n${script}`, signal));
}

/** Drop-ins stand behind their unit, as systemd reads them; the files of EnvironmentFile= behind both, because they win. */
const script = `
for name in ${names.join(" ")}; do eval "value=\\\${$name-}"; printf 'login %s=%s\\n' "$name" "$value"; done
for folder in "\${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user" /etc/systemd/user /etc/systemd/system; do
  [ -r "$folder/$unit" ] || continue
  for file in "$folder/$unit" "$folder/$unit".d/*.conf; do
    if [ -r "$file" ]; then sed 's/^/unit /' "$file"; echo; fi
  done
  cat "$folder/$unit" "$folder/$unit".d/*.conf 2>/dev/null | sed -n "s|%h|$HOME|g; s/^EnvironmentFile=-\\{0,1\\}//p" | while read -r file; do
    [ ! -r "$file" ] || grep -E '^(${names.join("|")})=' "$file" | sed 's/^/file /'
  done
  break
done`;

function parseSurvey(output: string): GatewayEnvironment {
  const { settings } = readUnitFile(linesBehind("unit ", output).join("\n"));
  const home = linesBehind("login HOME=", output)[0] ?? "/";
  const assigned = settings
    .filter(({ section, key }) => section === "Service" && key === "Environment")
    .map(({ value }) => splitUnitWords(value))
    .flatMap((words) => (typeof words === "string" ? [] : words))
    .map((word) => expandSpecifiers(word, { h: home }) ?? word);
  return [...linesBehind("login ", output), ...assigned, ...linesBehind("file ", output).map(unquote)].reduce(withAssignment, {});
}

function withAssignment(environment: GatewayEnvironment, assignment: string): GatewayEnvironment {
  const at = assignment.indexOf("=");
  const name = names.find((each) => each === assignment.slice(0, at));
  const value = assignment.slice(at + 1).trim();
  return name === undefined || value === "" ? environment : { ...environment, [name]: value };
}

function unquote(assignment: string): string {
  return assignment.replace(/^([^=]+)=(["'])(.*)\2\s*$/, "$1=$3");
}
