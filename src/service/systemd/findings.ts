import type { ServiceFinding } from "../service.js";
import type { Shown } from "./show.js";

interface Names {
  /** `systemctl --user`: how to speak to the manager. */
  readonly systemctl: string;
  readonly service: string;
}

interface Stop {
  /** Whether systemd will try again by itself. */
  readonly isWaiting: boolean;
  /** Whether a change of the config file starts it. */
  readonly isWatched: boolean;
  readonly names: Names;
}

/** Why it does not run. The exit code says more than systemd's own `Result=exit-code`. */
export function stopFinding({ Result, ExecMainStatus }: Shown, { isWaiting, isWatched, names }: Stop): ServiceFinding[] {
  const code = Result === "exit-code" ? ExecMainStatus : "";
  const start = `\`${names.systemctl} start ${names.service}\``;
  if (code === "78") {
    const then = isWatched ? "once the file is mended, the service starts again by itself" : `mend it, then ${start}`;
    return [
      {
        code: "config-broken",
        message: "it has stopped because its config is broken",
        hint: `\`clawtunnel config check\` says what is wrong; ${then}.`,
      },
    ];
  }
  const known = byExitCode[code];
  if (known !== undefined) return [known];
  if (isWaiting) return [];
  const why = byResult[Result] ?? `Result=${Result}`;
  return [{ code: "service-failed", message: `systemd has given it up: ${why}`, hint: `Look at its log, then start it: ${start}.` }];
}

/** Our own codes, and those that systemd gives where the program did not even begin (systemd.exec(5), PROCESS EXIT CODES). */
const byExitCode: Readonly<Record<string, ServiceFinding>> = {
  "75": {
    code: "other-service",
    message: "it cannot start while the daemon of another service runs for this user",
    hint: "`clawtunnel status` names that daemon; uninstall one of the two services.",
  },
  "203": {
    code: "program-missing",
    message: "systemd cannot run its program: node has moved or is gone",
    hint: "Write the service anew with the node of today: `clawtunnel install`.",
  },
  "217": {
    code: "user-missing",
    message: "systemd does not know the user that the service is to run as",
    hint: "Uninstall the service, and install it again as a user of this machine.",
  },
};

/** $SERVICE_RESULT in systemd.exec(5). */
const byResult: Readonly<Record<string, string>> = {
  "exit-code": "the daemon ended with an error",
  signal: "the daemon was killed",
  "core-dump": "the daemon crashed",
  watchdog: "the daemon hung and was ended",
  timeout: "the daemon did not become ready, or did not end, in time",
  "oom-kill": "there was not enough memory",
  "start-limit-hit": "it failed too often in a short time",
  protocol: "the daemon never said that it was ready",
  resources: "systemd could not prepare what it runs in",
};

/** What systemd would not call wrong although the service does not survive it: one thing only, the first that explains the others. */
export function unitFindings({ LoadState, UnitFileState, NeedDaemonReload }: Shown, { systemctl, service }: Names): ServiceFinding[] {
  if (LoadState === "masked" || UnitFileState.startsWith("masked")) {
    return [
      {
        code: "masked",
        message: "the service is masked: systemd refuses to start it",
        hint: `Allow it: \`${systemctl} unmask ${service}\`.`,
      },
    ];
  }
  const anew = "Write it anew: `clawtunnel install`.";
  if (LoadState === "not-found") {
    return [{ code: "unit-gone", message: "it runs, but its file is gone: it will not come back", hint: anew }];
  }
  if (LoadState !== "loaded") return [{ code: "unit-broken", message: "systemd cannot make sense of the service's file", hint: anew }];
  if (UnitFileState !== "enabled") {
    return [
      {
        code: "disabled",
        message: "the service is disabled: nothing starts it at boot or login",
        hint: `Enable it: \`${systemctl} enable ${service}\`.`,
      },
    ];
  }
  if (NeedDaemonReload === "yes") {
    return [
      {
        code: "needs-daemon-reload",
        message: "the service's file has changed since systemd read it",
        hint: `Have it read: \`${systemctl} daemon-reload\`, then \`${systemctl} restart ${service}\`.`,
      },
    ];
  }
  return [];
}
