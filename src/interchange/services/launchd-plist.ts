import { type LeftOut, lost, needless, type Reading, shorten } from "../reading.js";
import { readCommandWords } from "../ssh/read-command-text.js";
import { describeAssignment } from "../ssh/unwrap-command.js";
import { type PlistValue, readPlist } from "./plist-value.js";

/** What runs ssh or autossh in a job of launchd. */
export async function readLaunchdPlist(text: string, home: string): Promise<Reading> {
  const nothing = (why: string): Reading => ({ tunnels: [], leftOut: [lost("the property list", why)] });
  if (text.startsWith("bplist")) return nothing("it is a binary one; `plutil -convert xml1 -o - FILE` writes it as XML");
  const read = await readPlist(text);
  if (typeof read === "string") return nothing(read);
  const job = asDictionary(read.value);
  if (job === undefined) return nothing("it is no job of launchd");

  const { Label, Program, ProgramArguments, EnvironmentVariables, WorkingDirectory, ...others } = job;
  const environment = Object.fromEntries(
    Object.entries(asDictionary(EnvironmentVariables) ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const leftOut = [
    ...Object.entries(environment).map(([name, value]) => describeAssignment(`${name}=${value}`)),
    ...Object.entries(others).map(describeKey),
  ];
  const written = Array.isArray(ProgramArguments) ? ProgramArguments.map(String) : [];
  // With Program the first argument is only what it is called by.
  const argv = typeof Program === "string" ? [Program, ...written.slice(1)] : written;
  const folder = typeof WorkingDirectory === "string" ? WorkingDirectory : "/";
  const found =
    argv.length === 0
      ? "it has no ProgramArguments"
      : readCommandWords(argv, "ProgramArguments", { folder, variables: { HOME: home, ...environment } });
  if (typeof found === "string") return { tunnels: [], leftOut: [lost(shorten(`ProgramArguments ${argv.join(" ")}`), found), ...leftOut] };
  return { tunnels: [{ ...found, name: typeof Label === "string" ? Label : found.name }], leftOut };
}

function asDictionary(value: PlistValue | undefined): Readonly<Record<string, PlistValue>> | undefined {
  return typeof value === "object" && !Array.isArray(value) ? (value as Readonly<Record<string, PlistValue>>) : undefined;
}

function describeKey([key, value]: [string, PlistValue]): LeftOut {
  const what = shorten(typeof value === "object" ? key : `${key} ${value}`);
  if (key === "UserName" || key === "GroupName") return lost(what, "clawtunnel's daemon runs as you, with your keys and your ssh_config");
  if (["KeepAlive", "RunAtLoad", "ThrottleInterval", "StartInterval"].includes(key))
    return needless(what, "clawtunnel keeps the tunnel open itself");
  return needless(what, "clawtunnel has a service of its own");
}
