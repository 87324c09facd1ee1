import { describeForwardEntry } from "../../interchange/plan.js";
import type { ServiceFinding } from "../service.js";
import type { MatchedWay } from "./match-forwards.js";
import { isOfSystem, type OlderWay } from "./older-way.js";

/** What of the older ways is in our way: for `doctor`. Pure. */
export function olderWayFindings(matched: readonly MatchedWay[]): ServiceFinding[] {
  return matched.flatMap((found) => findingOf(found) ?? []);
}

function findingOf({ way, verdict, forwards }: MatchedWay): ServiceFinding | undefined {
  const name = describeOlderWay(way);
  const ours = forwards.filter(({ tunnel }) => tunnel !== null);
  const tunnels = [...new Set(ours.map(({ tunnel }) => `"${tunnel}"`))].join(", ");
  const what = ours.map(({ forward }) => describeForwardEntry(forward)).join(", ");
  switch (verdict) {
    case "other":
      return undefined;
    case "replaceable":
      return { code: "older-way-same", message: `${name} keeps the same open as ${tunnels}: ${what}`, hint: howToReplace(way) };
    case "partly":
      return {
        code: "older-way-partly",
        message: `${name} keeps the same open as ${tunnels}: ${what}; and does more than that`,
        hint: `Take the rest over first: ${importCommand(way)}; then turn it off: \`${turnOffCommand(way)}\`.`,
      };
    case "fights":
      return {
        code: "older-way-fights",
        message: `${name} has an address of ${tunnels} for something else: ${what}`,
        hint: `Only one of them can have it: change the tunnel's forward, or turn the other off: \`${turnOffCommand(way)}\`.`,
      };
  }
}

/** `your systemd unit autossh.service`, `line 3 of your crontab`. */
export function describeOlderWay({ manager, name, path, line }: OlderWay): string {
  switch (manager) {
    case "systemd":
      return `your systemd unit ${name}`;
    case "systemd-system":
      return `the system's systemd unit ${name}`;
    case "launchd":
      return `your launchd job ${name}`;
    case "launchd-system":
      return `the launchd job ${name} (${path})`;
    case "cron":
      return `line ${line} of your crontab`;
  }
}

function howToReplace(way: OlderWay): string {
  return isOfSystem(way) ? `As root: \`${turnOffCommand(way)}\`.` : "`clawtunnel install --replace-older` turns it off.";
}

/** For a person to type. */
export function turnOffCommand({ manager, name, domain }: OlderWay): string {
  switch (manager) {
    case "systemd":
      return `systemctl --user disable --now ${name}`;
    case "systemd-system":
      return `sudo systemctl disable --now ${name}`;
    case "launchd":
      return `launchctl disable ${domain}/${name}; launchctl bootout ${domain}/${name}`;
    case "launchd-system":
      return `sudo launchctl disable ${domain}/${name}; sudo launchctl bootout ${domain}/${name}`;
    case "cron":
      return "crontab -e";
  }
}

/** What takes its forwards over into our config; a line of a crontab has to be given by hand. */
export function importCommand({ path, name, line }: OlderWay): string {
  if (path !== null) return `\`clawtunnel import ${/^[\w@%+=:,./-]+$/.test(path) ? (name.includes("@") ? name : path) : `'${path}'`}\``;
  return `\`clawtunnel import -- COMMAND\`, with the ssh command of line ${line} of \`crontab -l\``;
}
