import { isDeepStrictEqual } from "node:util";
import { checkConfig } from "../config/parse.js";
import { type ConfigFile, type ForwardEntry, type TunnelEntry, tunnelNamePattern } from "../config/schema.js";
import { type FoundTunnel, type LeftOut, lost } from "./reading.js";

/** `new` can be written, `there` stands in the config already, `refused` could not be opened. */
export type PlannedState = "new" | "there" | "refused";

export interface PlannedTunnel extends FoundTunnel {
  readonly state: PlannedState;
  /** Why it is refused. */
  readonly problem: string | null;
}

export interface PlanWishes {
  /** For the only tunnel there is. */
  readonly name?: string;
  /** Binds that other machines can reach are taken over as such. */
  readonly allowsLan: boolean;
}

/** What becomes of each tunnel beside those of the config: each is checked as if it stood there. Pure; nothing is written. */
export function planImport(found: readonly FoundTunnel[], file: ConfigFile, wishes: PlanWishes): PlannedTunnel[] {
  const tunnels: Record<string, TunnelEntry> = { ...file.tunnels };
  const settings = file.defaults === undefined ? {} : { defaults: file.defaults };
  return found.map((tunnel) => {
    const alone = withoutProblems(tunnel.entry, (entry) => problemsWith("alone", entry, settings), wishes.allowsLan);
    const same = Object.entries(tunnels).find(([, entry]) => isDeepStrictEqual(entry, alone.entry));
    if (same !== undefined)
      return { ...tunnel, name: same[0], entry: same[1], leftOut: [...tunnel.leftOut, ...alone.leftOut], state: "there", problem: null };
    const wanted = wishes.name ?? tunnel.name;
    const name = chooseFreeName(wanted, (candidate) => Object.hasOwn(tunnels, candidate));
    const problemsOf = (entry: TunnelEntry) => problemsWith(name, entry, { ...settings, tunnels });
    const { entry, leftOut } = withoutProblems(tunnel.entry, problemsOf, wishes.allowsLan);
    const problem = entry.forwards === undefined ? "it has no forward that clawtunnel can open" : (problemsOf(entry)[0]?.text ?? null);
    if (problem === null) tunnels[name] = entry;
    const all = [...renamed(wanted, name, tunnels), ...tunnel.leftOut, ...leftOut];
    return { ...tunnel, name, entry, leftOut: all, state: problem === null ? "new" : "refused", problem };
  });
}

function renamed(wanted: string, name: string, tunnels: Readonly<Record<string, TunnelEntry>>): LeftOut[] {
  if (name === wanted) return [];
  const why = Object.hasOwn(tunnels, wanted) ? "another tunnel has it" : "it cannot be a tunnel's name";
  return [lost(`the name ${wanted}`, `${why}; it is called ${name}`)];
}

interface EntryProblem {
  /** Within the entry: `forwards[0].local`. */
  readonly path: string;
  readonly text: string;
}

function problemsWith(name: string, entry: TunnelEntry, file: ConfigFile): EntryProblem[] {
  const prefix = `tunnels.${name}.`;
  const { problems } = checkConfig({ ...file, tunnels: { ...file.tunnels, [name]: entry } });
  return problems
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, message }) => ({ path: path.slice(prefix.length), text: message }));
}

/** The entry without those of its forwards and options that our config does not take, each with its reason. */
function withoutProblems(
  entry: TunnelEntry,
  problemsOf: (entry: TunnelEntry) => EntryProblem[],
  allowsLan: boolean,
): { entry: TunnelEntry; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const { forwards: _, sshOptions: __, ...others } = entry;
  let forwards: readonly ForwardEntry[] = entry.forwards ?? [];
  let options = entry.sshOptions ?? [];
  const whole = () => ({ ...others, ...(options.length > 0 && { sshOptions: options }), ...(forwards.length > 0 && { forwards }) });
  // Each round takes out what is wrong, so that there is an end; what was right can become wrong by no other's absence.
  for (;;) {
    const problems = problemsOf(whole() as TunnelEntry);
    const [wrong, wrongOptions] = [byIndex(problems, "forwards"), byIndex(problems, "sshOptions")];
    if (wrong.size === 0 && wrongOptions.size === 0) return { entry: whole() as TunnelEntry, leftOut };
    forwards = forwards.flatMap((forward, index) => {
      const problem = wrong.get(index);
      if (problem === undefined) return [forward];
      const opened = { ...forward, allowLan: true };
      const isPublic = forward.allowLan === undefined && byIndex(problemsOf({ ...others, forwards: [opened] }), "forwards").size === 0;
      if (isPublic && allowsLan) return [opened];
      leftOut.push(
        lost(describeForwardEntry(forward), isPublic ? "other machines could reach it; --allow-lan takes it over as it is" : problem),
      );
      return [];
    });
    for (const [index, problem] of wrongOptions) leftOut.push(lost(`-o ${options[index]}`, problem));
    options = options.filter((__, index) => !wrongOptions.has(index));
  }
}

/** The first problem of each item of a list in the entry. */
function byIndex(problems: readonly EntryProblem[], list: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const { path, text } of problems) {
    const index = new RegExp(`^${list}\\[(\\d+)\\]`).exec(path)?.[1];
    if (index !== undefined && !found.has(Number(index))) found.set(Number(index), text);
  }
  return found;
}

export function describeForwardEntry({ local, remote, dynamic, to }: ForwardEntry): string {
  if (dynamic !== undefined) return `-D ${dynamic}`;
  return `${local === undefined ? "-R" : "-L"} ${local ?? remote ?? ""}:${to ?? ""}`;
}

/** The name itself, made fit, or with the first number that is free. */
function chooseFreeName(wanted: string, isTaken: (name: string) => boolean): string {
  const fit = wanted.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+|-+$/g, "");
  // The rest of 63 letters is room for the number.
  const base = tunnelNamePattern.test(fit) ? fit : fit.slice(0, 56) || "tunnel";
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base.slice(0, 56)}-${count}`;
    if (tunnelNamePattern.test(name) && !isTaken(name)) return name;
  }
}
