import { posix } from "node:path";
import { errorText } from "../../base/system-error.js";
import { readLaunchdPlist } from "../../interchange/services/launchd-plist.js";
import { readPlist } from "../../interchange/services/plist-value.js";
import { heldOpen } from "./held-open.js";
import { filesMax, type OlderWaysLooks } from "./looks.js";
import type { FoundWays, OlderManager, OlderWay } from "./older-way.js";

interface Folder {
  readonly path: string;
  readonly manager: OlderManager;
  /** Where its jobs are loaded: with a login at the screen, or without one. */
  readonly domains: readonly string[];
}

/** The jobs of launchd that hold forwards open. A file in one of these folders is loaded at each login or boot, unless it was disabled. */
export async function findOlderAgents(looks: OlderWaysLooks): Promise<FoundWays> {
  const { home, uid } = looks;
  const domains = [`gui/${uid}`, `user/${uid}`];
  const folders: Folder[] = [
    { path: posix.join(home, "Library/LaunchAgents"), manager: "launchd", domains },
    { path: "/Library/LaunchAgents", manager: "launchd-system", domains },
    { path: "/Library/LaunchDaemons", manager: "launchd-system", domains: ["system"] },
  ];
  const skipped: string[] = [];
  const ways: OlderWay[] = [];
  for (const folder of folders) {
    const files = [...looks.listFolder(folder.path)].filter((name) => name.endsWith(".plist")).slice(0, filesMax);
    for (const file of files) {
      const way = await readAgent(posix.join(folder.path, file), folder, looks).catch(
        (error: unknown) => void skipped.push(errorText(error)),
      );
      if (way !== undefined && (way.isEnabled || way.isActive === true)) ways.push(way);
    }
  }
  return { ways, skipped };
}

async function readAgent(path: string, { manager, domains }: Folder, looks: OlderWaysLooks): Promise<OlderWay | undefined> {
  const written = looks.readText(path);
  if (!written.includes("ssh")) return undefined;
  const text = written.startsWith("bplist") ? await convert(path, looks) : written;
  const held = await heldOpen(await readLaunchdPlist(text, looks.home), looks);
  if (held.tunnels.length === 0) return undefined;
  const { label, isDisabled } = await readHead(text);
  const name = label ?? posix.basename(path, ".plist");
  const state = await askState(name, domains, looks);
  const isEnabled = !(state.isDisabled ?? isDisabled);
  return { manager, name, path, line: null, isLinked: false, ...held, isEnabled, isActive: state.isActive, domain: state.domain };
}

async function convert(path: string, { run }: OlderWaysLooks): Promise<string> {
  const { code, stdout } = await run({ argv: ["plutil", "-convert", "xml1", "-o", "-", path] });
  if (code !== 0) throw new Error(`cannot read ${path}: it is a binary property list`);
  return stdout;
}

async function readHead(text: string): Promise<{ label: string | undefined; isDisabled: boolean }> {
  const read = await readPlist(text);
  const job = typeof read === "string" || typeof read.value !== "object" || Array.isArray(read.value) ? {} : read.value;
  const { Label, Disabled } = job as Readonly<Record<string, unknown>>;
  return { label: typeof Label === "string" ? Label : undefined, isDisabled: Disabled === true };
}

interface AgentState {
  readonly domain: string;
  readonly isActive: boolean | null;
  /** Undefined when launchd has nothing of its own to say of it. */
  readonly isDisabled: boolean | undefined;
}

/** What was disabled stays so, whatever its file says. */
async function askState(label: string, domains: readonly string[], { run }: OlderWaysLooks): Promise<AgentState> {
  const [first = ""] = domains;
  const overrides = await run({ argv: ["launchctl", "print-disabled", first] });
  const override = overrides.stdout.split("\n").find((line) => line.trim().startsWith(`"${label}"`));
  const isDisabled = override === undefined ? undefined : /=>\s*(?:true|disabled)/.test(override);
  for (const domain of domains) {
    const { code } = await run({ argv: ["launchctl", "print", `${domain}/${label}`] });
    if (code === 0) return { domain, isActive: true, isDisabled };
    if (code === null) return { domain: first, isActive: null, isDisabled };
  }
  return { domain: first, isActive: false, isDisabled };
}
