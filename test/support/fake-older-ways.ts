import { posix } from "node:path";
import type { OlderWaysLooks } from "../../src/service/older-ways/looks.js";
import type { OlderWay } from "../../src/service/older-ways/older-way.js";
import type { CommandResult, SystemCommand } from "../../src/service/service.js";

export interface OlderScene extends Partial<Omit<OlderWaysLooks, "listFolder" | "realpath" | "readText" | "run">> {
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** What a command says; one that is not named cannot be run. */
  readonly says?: (command: string) => { readonly code: number; readonly stdout?: string } | undefined;
}

/** A machine in memory, with the commands that were run on it. */
export function fakeOlderWays(scene: OlderScene): OlderWaysLooks & { readonly ran: string[] } {
  const { files = {}, links = {}, says = () => undefined, ...others } = scene;
  const ran: string[] = [];
  const realpath = (path: string) => {
    const real = links[path] ?? path;
    return Object.hasOwn(files, real) || real === "/dev/null" ? real : undefined;
  };
  return {
    platform: "linux",
    home: "/home/me",
    user: "me",
    uid: 1000,
    hostName: "laptop",
    env: {},
    crontab: null,
    addConfigured: async (tunnel) => tunnel,
    ...others,
    ran,
    listFolder: (folder) => {
      const within = [...Object.keys(files), ...Object.keys(links)].flatMap((path) => {
        const relative = posix.relative(folder, path);
        return relative.startsWith("..") ? [] : [relative.split("/")[0] ?? ""];
      });
      return [...new Set(within)].sort();
    },
    realpath,
    readText: (path) => {
      const text = files[realpath(path) ?? ""];
      if (text === undefined) throw new Error(`cannot read ${path}: EACCES`);
      return text;
    },
    run: async ({ argv }: SystemCommand): Promise<CommandResult> => {
      const command = argv.join(" ");
      ran.push(command);
      const said = says(command);
      const problem = said === undefined ? "spawn ENOENT" : null;
      return { argv, code: said?.code ?? null, stdout: said?.stdout ?? "", stderr: "", problem };
    },
  };
}

/** A user's unit that runs autossh, as far as it matters here. */
export function olderWay(changes: Partial<OlderWay> = {}): OlderWay {
  return {
    manager: "systemd",
    name: "autossh.service",
    path: "/home/me/.config/systemd/user/autossh.service",
    line: null,
    isLinked: false,
    tunnels: [],
    loses: [],
    isEnabled: true,
    isActive: true,
    domain: null,
    ...changes,
  };
}
